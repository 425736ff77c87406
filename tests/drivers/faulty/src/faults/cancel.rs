//! Rules of cancellation.

use wdk_sys::{NTSTATUS, WDFREQUEST, call_unsafe_wdf_function_binding as wdf};

use super::FaultContext;
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::{SUCCESS, TAKEN, keep, kept};

const CANCELLED: NTSTATUS = 0xC000_0120_u32.cast_signed();

extern "C" fn cancel(request: WDFREQUEST) {
    // SAFETY: a cancelled request is the driver's to complete.
    unsafe { wdf!(WdfRequestComplete, request, CANCELLED) };
    core::hint::black_box("the last call of a function leaves no trace of it");
}

extern "C" fn forget(_request: WDFREQUEST) {
    core::hint::black_box("the linker would make one of it and any other function without a body");
}

unsafe fn mark(fault: &FaultContext) {
    let _ = wdf!(WdfRequestMarkCancelableEx, fault.request, Some(cancel));
}

pub(crate) unsafe fn a_request_is_marked_twice(fault: &FaultContext) -> NTSTATUS {
    mark(fault);
    mark(fault);
    TAKEN
}

pub(crate) unsafe fn a_request_that_is_not_marked_is_unmarked(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfRequestUnmarkCancelable, fault.request)
}

pub(crate) unsafe fn a_marked_request_is_completed(fault: &FaultContext) -> NTSTATUS {
    mark(fault);
    SUCCESS
}

pub(crate) unsafe fn a_marked_request_is_forwarded(fault: &FaultContext) -> NTSTATUS {
    mark(fault);
    let _ = wdf!(WdfRequestForwardToIoQueue, fault.request, fault.parking);
    TAKEN
}

pub(crate) unsafe fn a_marked_request_is_asked_for_cancellation(fault: &FaultContext) -> NTSTATUS {
    mark(fault);
    let _ = wdf!(WdfRequestIsCanceled, fault.request);
    TAKEN
}

/// The driver completes the request later, without checking whether it was cancelled meanwhile.
pub(crate) unsafe fn a_request_is_completed_after_its_cancellation(
    fault: &FaultContext,
) -> NTSTATUS {
    mark(fault);
    keep(fault.request);
    deferred_fault::defer_to(FaultCallback::FileCleanup, || {
        let request: WDFREQUEST = kept();
        wdf!(WdfRequestComplete, request, SUCCESS);
    });
    TAKEN
}

/// The driver checks once whether the request has been cancelled, and keeps it. Without a cancel
/// routine it is not notified of a later cancellation.
pub(crate) unsafe fn a_request_cannot_be_cancelled(fault: &FaultContext) -> NTSTATUS {
    if wdf!(WdfRequestIsCanceled, fault.request) != 0 {
        return CANCELLED;
    }
    keep(fault.request);
    TAKEN
}

pub(crate) unsafe fn a_cancellation_completes_nothing(fault: &FaultContext) -> NTSTATUS {
    let _ = wdf!(WdfRequestMarkCancelableEx, fault.request, Some(forget));
    TAKEN
}

pub(crate) unsafe fn a_request_is_marked_without_a_callback(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfRequestMarkCancelable, fault.request, None);
    TAKEN
}
