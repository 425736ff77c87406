//! The device: `\\.\Faulty`, with a default queue, and a manual one where requests can wait.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use wdk_sys::{
    NTSTATUS, PVOID, PWDFDEVICE_INIT, ULONG, WDF_FILEOBJECT_CONFIG, WDF_IO_QUEUE_CONFIG,
    WDF_NO_OBJECT_ATTRIBUTES, WDF_PNPPOWER_EVENT_CALLBACKS, WDF_REQUEST_PARAMETERS, WDFDEVICE,
    WDFDRIVER, WDFFILEOBJECT, WDFQUEUE, WDFQUEUE__, WDFREQUEST,
    call_unsafe_wdf_function_binding as wdf,
};

use crate::attributes::size_of_u32;
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::{FaultContext, TAKEN};
use crate::faults;
use crate::text::unicode;

/// The control code that commits the fault whose name is the input.
const COMMIT: ULONG = 0x8000_2000;
/// The same within the context of the caller, whose own buffer has the name: `METHOD_NEITHER`.
const COMMIT_IN_CONTEXT: ULONG = 0x8000_2003;
/// The control code that lists all faults, a line each.
const LIST: ULONG = 0x8000_2004;

/// `IRP_MJ_READ`.
const READ: u8 = 3;
/// `WdfRequestTypeDeviceControl`.
const DEVICE_CONTROL: i32 = 14;
const PARALLEL: i32 = 2;
const MANUAL: i32 = 3;
const BUFFER_TOO_SMALL: NTSTATUS = 0xC000_0023_u32.cast_signed();
const NOT_FOUND: NTSTATUS = 0xC000_0225_u32.cast_signed();
const INVALID_DEVICE_REQUEST: NTSTATUS = 0xC000_0010_u32.cast_signed();

static PARKING: AtomicPtr<WDFQUEUE__> = AtomicPtr::new(null_mut());

/// `EvtDriverDeviceAdd`.
pub(crate) extern "C" fn add(_driver: WDFDRIVER, init: PWDFDEVICE_INIT) -> NTSTATUS {
    // SAFETY: the framework lends `init` for this callback.
    unsafe { create(init) }
}

unsafe fn create(mut init: PWDFDEVICE_INIT) -> NTSTATUS {
    let mut files = WDF_FILEOBJECT_CONFIG {
        Size: size_of_u32::<WDF_FILEOBJECT_CONFIG>(),
        EvtFileClose: Some(close),
        EvtFileCleanup: Some(cleanup),
        AutoForwardCleanupClose: 2,
        FileObjectClass: 4,
        ..WDF_FILEOBJECT_CONFIG::default()
    };
    wdf!(
        WdfDeviceInitSetFileObjectConfig,
        init,
        &raw mut files,
        WDF_NO_OBJECT_ATTRIBUTES
    );
    let mut power = WDF_PNPPOWER_EVENT_CALLBACKS {
        Size: size_of_u32::<WDF_PNPPOWER_EVENT_CALLBACKS>(),
        EvtDeviceD0Exit: Some(power_down),
        ..WDF_PNPPOWER_EVENT_CALLBACKS::default()
    };
    wdf!(WdfDeviceInitSetPnpPowerEventCallbacks, init, &raw mut power);
    let outcome = wdf!(
        WdfDeviceInitAssignWdmIrpPreprocessCallback,
        init,
        Some(faults::preprocess),
        READ,
        null_mut(),
        0
    );
    if outcome < 0 {
        return outcome;
    }
    wdf!(
        WdfDeviceInitSetIoInCallerContextCallback,
        init,
        Some(in_caller_context)
    );
    let name = unicode!(br"\Device\Faulty");
    let everyone = unicode!(b"D:P(A;;GA;;;WD)");
    let link = unicode!(br"\DosDevices\Faulty");
    let mut device = null_mut();
    let mut outcome = wdf!(WdfDeviceInitAssignName, init, &raw const name);
    if outcome >= 0 {
        outcome = wdf!(WdfDeviceInitAssignSDDLString, init, &raw const everyone);
    }
    if outcome >= 0 {
        outcome = wdf!(
            WdfDeviceCreate,
            &raw mut init,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut device
        );
    }
    if outcome >= 0 {
        outcome = wdf!(WdfDeviceCreateSymbolicLink, device, &raw const link);
    }
    if outcome >= 0 {
        create_queues(device)
    } else {
        outcome
    }
}

unsafe fn create_queues(device: WDFDEVICE) -> NTSTATUS {
    let mut parking = null_mut();
    let outcome = create_queue(device, &mut manual_queue(), &mut parking);
    PARKING.store(parking, Ordering::SeqCst);
    if outcome < 0 {
        return outcome;
    }
    create_queue(device, &mut default_queue(), &mut null_mut())
}

/// `WdfIoQueueCreate`.
pub(crate) unsafe fn create_queue(
    device: WDFDEVICE,
    config: &mut WDF_IO_QUEUE_CONFIG,
    queue: &mut WDFQUEUE,
) -> NTSTATUS {
    wdf!(
        WdfIoQueueCreate,
        device,
        &raw mut *config,
        WDF_NO_OBJECT_ATTRIBUTES,
        &raw mut *queue
    )
}

/// A queue that receives all requests.
pub(crate) fn default_queue() -> WDF_IO_QUEUE_CONFIG {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of_u32::<WDF_IO_QUEUE_CONFIG>(),
        DispatchType: PARALLEL,
        DefaultQueue: 1,
        EvtIoDeviceControl: Some(device_control),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    config.Settings.Parallel.NumberOfPresentedRequests = ULONG::MAX;
    config
}

/// A queue from which the driver retrieves requests itself.
pub(crate) fn manual_queue() -> WDF_IO_QUEUE_CONFIG {
    WDF_IO_QUEUE_CONFIG {
        Size: size_of_u32::<WDF_IO_QUEUE_CONFIG>(),
        DispatchType: MANUAL,
        ..WDF_IO_QUEUE_CONFIG::default()
    }
}

extern "C" fn cleanup(_file: WDFFILEOBJECT) {
    deferred_fault::commit(FaultCallback::FileCleanup);
}

extern "C" fn close(_file: WDFFILEOBJECT) {
    deferred_fault::commit(FaultCallback::FileClose);
}

extern "C" fn power_down(_device: WDFDEVICE, _target: i32) -> NTSTATUS {
    deferred_fault::commit(FaultCallback::D0Exit);
    0
}

extern "C" fn device_control(
    queue: WDFQUEUE,
    request: WDFREQUEST,
    _output_length: usize,
    input_length: usize,
    code: ULONG,
) {
    // SAFETY: the framework hands over a request that is the driver's. What follows breaks rules.
    unsafe {
        match code {
            COMMIT => commit(
                &fault_context(wdf!(WdfIoQueueGetDevice, queue), queue, request),
                input_length,
            ),
            COMMIT_IN_CONTEXT => {
                let fault = fault_context(wdf!(WdfIoQueueGetDevice, queue), queue, request);
                fault.complete(faults::read_kept(&fault));
            }
            LIST => list(request),
            _ => wdf!(WdfRequestComplete, request, INVALID_DEVICE_REQUEST),
        }
    }
}

extern "C" fn in_caller_context(device: WDFDEVICE, request: WDFREQUEST) {
    // SAFETY: the framework hands over a request that is the driver's, in its caller's context. What
    // follows breaks rules.
    unsafe {
        if code(request) == Some(COMMIT_IN_CONTEXT) {
            return commit_in_context(&fault_context(device, null_mut(), request));
        }
        let outcome = wdf!(WdfDeviceEnqueueRequest, device, request);
        if outcome < 0 {
            wdf!(WdfRequestComplete, request, outcome);
        }
    }
}

/// The control code, if it is a control request.
unsafe fn code(request: WDFREQUEST) -> Option<ULONG> {
    let mut parameters = WDF_REQUEST_PARAMETERS {
        Size: u16::try_from(size_of::<WDF_REQUEST_PARAMETERS>()).unwrap_or_default(),
        ..WDF_REQUEST_PARAMETERS::default()
    };
    wdf!(WdfRequestGetParameters, request, &raw mut parameters);
    let code = parameters.Parameters.DeviceIoControl.IoControlCode;
    (parameters.Type == DEVICE_CONTROL).then_some(code)
}

fn fault_context(device: WDFDEVICE, queue: WDFQUEUE, request: WDFREQUEST) -> FaultContext {
    FaultContext {
        device,
        queue,
        parking: PARKING.load(Ordering::SeqCst),
        request,
    }
}

unsafe fn commit(fault: &FaultContext, input_length: usize) {
    let mut input = null_mut();
    let outcome = wdf!(
        WdfRequestRetrieveInputBuffer,
        fault.request,
        1,
        &raw mut input,
        null_mut()
    );
    if outcome < 0 {
        return fault.complete(outcome);
    }
    commit_named(fault, input, input_length);
}

unsafe fn commit_in_context(fault: &FaultContext) {
    let (mut input, mut length) = (null_mut(), 0);
    let outcome = wdf!(
        WdfRequestRetrieveUnsafeUserInputBuffer,
        fault.request,
        1,
        &raw mut input,
        &raw mut length
    );
    if outcome < 0 {
        return fault.complete(outcome);
    }
    commit_named(fault, input, length);
}

unsafe fn commit_named(fault: &FaultContext, name: PVOID, length: usize) {
    let name = core::slice::from_raw_parts(name.cast::<u8>(), length);
    let outcome = faults::named(name).map_or(NOT_FOUND, |run| run(fault));
    if outcome != TAKEN {
        fault.complete(outcome);
    }
}

unsafe fn list(request: WDFREQUEST) {
    let (mut output, mut length) = (null_mut(), 0);
    let outcome = wdf!(
        WdfRequestRetrieveOutputBuffer,
        request,
        0,
        &raw mut output,
        &raw mut length
    );
    if outcome < 0 {
        return wdf!(WdfRequestComplete, request, outcome);
    }
    let output = core::slice::from_raw_parts_mut(output.cast::<u8>(), length);
    let (outcome, written) = match faults::list(output) {
        Some(written) => (0, written),
        None => (BUFFER_TOO_SMALL, 0),
    };
    wdf!(
        WdfRequestCompleteWithInformation,
        request,
        outcome,
        written as u64
    );
}
