//! Rules of what lies below the framework: IRPs, device objects, addresses of callers.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicU8, Ordering};

use wdk_sys::ntddk::IofCompleteRequest;
use wdk_sys::{
    NTSTATUS, PIRP, PVOID, WDF_NO_OBJECT_ATTRIBUTES, WDFDEVICE,
    call_unsafe_wdf_function_binding as wdf,
};

use super::FaultContext;
use crate::device::{create_queue, manual_queue};
use crate::fault_context::{SUCCESS, TAKEN, keep, kept};
use crate::memory::read;

pub(crate) unsafe fn a_requests_irp_is_completed(fault: &FaultContext) -> NTSTATUS {
    let irp = wdf!(WdfRequestWdmGetIrp, fault.request);
    IofCompleteRequest(irp, 0);
    SUCCESS
}

pub(crate) unsafe fn a_completed_requests_irp_is_read(fault: &FaultContext) -> NTSTATUS {
    let irp = wdf!(WdfRequestWdmGetIrp, fault.request);
    fault.complete(SUCCESS);
    let _ = read(irp.cast(), 0);
    TAKEN
}

pub(crate) unsafe fn a_callers_address_is_asked_for_too_late(fault: &FaultContext) -> NTSTATUS {
    let mut input = null_mut();
    fault.answer(wdf!(
        WdfRequestRetrieveUnsafeUserInputBuffer,
        fault.request,
        1,
        &raw mut input,
        null_mut()
    ))
}

/// Within the caller's context, where its buffer is.
unsafe fn callers_buffer(fault: &FaultContext) -> PVOID {
    let mut input = null_mut();
    let _ = wdf!(
        WdfRequestRetrieveUnsafeUserInputBuffer,
        fault.request,
        1,
        &raw mut input,
        null_mut()
    );
    input
}

pub(crate) unsafe fn a_callers_buffer_is_read_after_its_request(fault: &FaultContext) -> NTSTATUS {
    let buffer = callers_buffer(fault);
    fault.complete(SUCCESS);
    let _ = read(buffer, 0);
    TAKEN
}

/// The framework delivers the request to its queue, and the driver [reads](read_kept) the kept
/// address there.
pub(crate) unsafe fn a_callers_buffer_is_read_outside_of_its_context(
    fault: &FaultContext,
) -> NTSTATUS {
    keep(callers_buffer(fault));
    let _ = wdf!(WdfDeviceEnqueueRequest, fault.device, fault.request);
    TAKEN
}

/// What happens to a request that comes to its queue from the caller's context.
pub(crate) unsafe fn read_kept(_fault: &FaultContext) -> NTSTATUS {
    read(kept(), 0).into()
}

pub(crate) unsafe fn the_devices_own_target_is_deleted(fault: &FaultContext) -> NTSTATUS {
    let target = wdf!(WdfDeviceGetIoTarget, fault.device);
    wdf!(WdfObjectDelete, target.cast());
    SUCCESS
}

pub(crate) unsafe fn a_miniport_device_has_no_queues(fault: &FaultContext) -> NTSTATUS {
    let driver = wdf!(WdfDeviceGetDriver, fault.device);
    let own = wdf!(WdfDeviceWdmGetDeviceObject, fault.device);
    let mut device = null_mut();
    let _ = wdf!(
        WdfDeviceMiniportCreate,
        driver,
        WDF_NO_OBJECT_ATTRIBUTES,
        own,
        null_mut(),
        null_mut(),
        &raw mut device
    );
    create_queue(device, &mut manual_queue(), &mut null_mut())
}

const TREAT_WELL: u8 = 0;
const FORGET: u8 = 1;
const DO_NOT_SKIP: u8 = 2;

/// What is to be done to the next read.
static TREATMENT: AtomicU8 = AtomicU8::new(TREAT_WELL);

pub(crate) unsafe fn a_preprocessed_irp_is_forgotten(_fault: &FaultContext) -> NTSTATUS {
    TREATMENT.store(FORGET, Ordering::SeqCst);
    SUCCESS
}

pub(crate) unsafe fn a_preprocessed_irp_is_not_skipped(_fault: &FaultContext) -> NTSTATUS {
    TREATMENT.store(DO_NOT_SKIP, Ordering::SeqCst);
    SUCCESS
}

/// `EvtDeviceWdmIrpPreprocess` for reads.
pub(crate) extern "C" fn preprocess(device: WDFDEVICE, irp: PIRP) -> NTSTATUS {
    let treatment = TREATMENT.load(Ordering::SeqCst);
    if treatment == FORGET {
        return SUCCESS;
    }
    // SAFETY: the framework has just given us the IRP. What follows may break a rule.
    unsafe {
        if treatment != DO_NOT_SKIP {
            (*irp).CurrentLocation += 1;
            let overlay = &mut (*irp).Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1;
            overlay.CurrentStackLocation = overlay.CurrentStackLocation.add(1);
        }
        let outcome = wdf!(WdfDeviceWdmDispatchPreprocessedIrp, device, irp);
        core::hint::black_box(outcome)
    }
}
