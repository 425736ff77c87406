//! Rules of requests that go to an I/O target: here the device's own.

use core::ptr::null_mut;

use wdk_sys::{
    NTSTATUS, PWDF_REQUEST_COMPLETION_PARAMS, WDF_NO_OBJECT_ATTRIBUTES, WDFCONTEXT, WDFIOTARGET,
    WDFREQUEST, call_unsafe_wdf_function_binding as wdf,
};

use super::FaultContext;
use crate::fault_context::{SUCCESS, TAKEN};

/// `WdfIoTargetLeaveSentIoPending`.
const LEAVE_PENDING: i32 = 3;
/// A control code without buffers.
const CODE: u32 = 0x8000_2008;

extern "C" fn cancel(request: WDFREQUEST) {
    // SAFETY: a cancelled request is the driver's to complete.
    unsafe { wdf!(WdfRequestComplete, request, SUCCESS) };
    core::hint::black_box("the request is never cancelled");
}

unsafe fn target(fault: &FaultContext) -> WDFIOTARGET {
    wdf!(WdfDeviceGetIoTarget, fault.device)
}

extern "C" fn completed(
    request: WDFREQUEST,
    _target: WDFIOTARGET,
    _params: PWDF_REQUEST_COMPLETION_PARAMS,
    _context: WDFCONTEXT,
) {
    // SAFETY: a request that is back is the driver's to complete.
    unsafe { wdf!(WdfRequestComplete, request, SUCCESS) };
    core::hint::black_box("the request never comes back");
}

/// Whether the request was sent, which has a completion routine.
unsafe fn send(fault: &FaultContext) -> bool {
    wdf!(
        WdfRequestSetCompletionRoutine,
        fault.request,
        Some(completed),
        null_mut()
    );
    send_as_it_is(fault)
}

/// Whether the request was sent.
unsafe fn send_as_it_is(fault: &FaultContext) -> bool {
    let target = target(fault);
    wdf!(WdfRequestSend, fault.request, target, null_mut()) != 0
}

/// The target is stopped: what is sent stays there.
unsafe fn send_to_stay(fault: &FaultContext) {
    let target = target(fault);
    wdf!(WdfIoTargetStop, target, LEAVE_PENDING);
    wdf!(WdfRequestFormatRequestUsingCurrentType, fault.request);
    let _ = send(fault);
}

pub(crate) unsafe fn a_sent_request_is_completed(fault: &FaultContext) -> NTSTATUS {
    send_to_stay(fault);
    SUCCESS
}

pub(crate) unsafe fn a_request_is_sent_twice(fault: &FaultContext) -> NTSTATUS {
    send_to_stay(fault);
    let _ = send_as_it_is(fault);
    TAKEN
}

pub(crate) unsafe fn a_request_is_sent_without_a_format(fault: &FaultContext) -> NTSTATUS {
    if send(fault) { TAKEN } else { SUCCESS }
}

pub(crate) unsafe fn a_request_is_sent_without_a_routine(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfRequestFormatRequestUsingCurrentType, fault.request);
    if send_as_it_is(fault) { TAKEN } else { SUCCESS }
}

pub(crate) unsafe fn a_marked_request_is_sent(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfRequestFormatRequestUsingCurrentType, fault.request);
    let _ = wdf!(WdfRequestMarkCancelableEx, fault.request, Some(cancel));
    let _ = send(fault);
    TAKEN
}

/// A request of the driver's own, for the device's target; null without memory.
unsafe fn created_request(fault: &FaultContext) -> WDFREQUEST {
    let mut created = null_mut();
    let target = target(fault);
    let _ = wdf!(
        WdfRequestCreate,
        WDF_NO_OBJECT_ATTRIBUTES,
        target,
        &raw mut created
    );
    created
}

pub(crate) unsafe fn a_created_request_is_completed(fault: &FaultContext) -> NTSTATUS {
    let created = created_request(fault);
    wdf!(WdfRequestComplete, created, SUCCESS);
    SUCCESS
}

pub(crate) unsafe fn a_sent_request_is_deleted(fault: &FaultContext) -> NTSTATUS {
    let (target, created) = (target(fault), created_request(fault));
    wdf!(WdfIoTargetStop, target, LEAVE_PENDING);
    let _ = wdf!(
        WdfIoTargetFormatRequestForIoctl,
        target,
        created,
        CODE,
        null_mut(),
        null_mut(),
        null_mut(),
        null_mut()
    );
    let _ = wdf!(WdfRequestSend, created, target, null_mut());
    wdf!(WdfObjectDelete, created.cast());
    SUCCESS
}
