//! IRPs, as they are before and behind the framework.

use wdk_sys::ntddk::IofCompleteRequest;
use wdk_sys::{
    IO_STACK_LOCATION, NTSTATUS, PIO_STACK_LOCATION, PIRP, STATUS_SUCCESS, WDFDEVICE, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

/// What a request's IRP says of it.
pub(crate) struct Seen {
    pub(crate) major: u32,
    pub(crate) code: u32,
    pub(crate) system_buffer: usize,
}

/// Looks at the IRP of a control request.
pub(crate) fn of(request: WDFREQUEST) -> Seen {
    // SAFETY: the request is ours, so its IRP and the stack location are there.
    unsafe {
        let irp = call_unsafe_wdf_function_binding!(WdfRequestWdmGetIrp, request);
        let location = current_location(irp);
        Seen {
            major: (*location).MajorFunction.into(),
            code: (*location).Parameters.DeviceIoControl.IoControlCode,
            system_buffer: (*irp).AssociatedIrp.SystemBuffer as usize,
        }
    }
}

/// `IoGetCurrentIrpStackLocation`.
unsafe fn current_location(irp: PIRP) -> PIO_STACK_LOCATION {
    // SAFETY: the caller has the IRP.
    unsafe {
        (*irp)
            .Tail
            .Overlay
            .__bindgen_anon_2
            .__bindgen_anon_1
            .CurrentStackLocation
    }
}

/// `IoSkipCurrentIrpStackLocation`.
unsafe fn skip_current_location(irp: PIRP) {
    // SAFETY: the caller has the IRP.
    unsafe {
        (*irp).CurrentLocation += 1;
        let next: *mut IO_STACK_LOCATION = current_location(irp).add(1);
        (*irp)
            .Tail
            .Overlay
            .__bindgen_anon_2
            .__bindgen_anon_1
            .CurrentStackLocation = next;
    }
}

/// `EvtDeviceWdmIrpPreprocess` for writes: one of an odd length ends here.
pub(crate) extern "C" fn preprocess(device: WDFDEVICE, irp: PIRP) -> NTSTATUS {
    const NO_INCREMENT: i8 = 0;
    // SAFETY: the framework has just given us the IRP.
    unsafe {
        let length = (*current_location(irp)).Parameters.Write.Length;
        if length.is_multiple_of(2) {
            skip_current_location(irp);
            return call_unsafe_wdf_function_binding!(
                WdfDeviceWdmDispatchPreprocessedIrp,
                device,
                irp,
            );
        }
        (*irp).IoStatus.__bindgen_anon_1.Status = STATUS_SUCCESS;
        (*irp).IoStatus.Information = length.into();
        IofCompleteRequest(irp, NO_INCREMENT);
    }
    STATUS_SUCCESS
}
