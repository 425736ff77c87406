//! Rules of cancellation.

use wdk_sys::{NTSTATUS, WDFREQUEST, call_unsafe_wdf_function_binding as wdf};

use crate::moments::{self, Moment};
use crate::scene::{SUCCESS, TAKEN, keep, kept};
use super::Scene;

const CANCELLED: NTSTATUS = 0xC000_0120_u32.cast_signed();

extern "C" fn cancel(request: WDFREQUEST) {
    // SAFETY: a cancelled request is the driver's to complete.
    unsafe { wdf!(WdfRequestComplete, request, CANCELLED) };
    core::hint::black_box("the last call of a function leaves no trace of it");
}

extern "C" fn forget(_request: WDFREQUEST) {
    core::hint::black_box("the linker would make one of it and any other function without a body");
}

unsafe fn mark(scene: &Scene) {
    let _ = wdf!(WdfRequestMarkCancelableEx, scene.request, Some(cancel));
}

pub(crate) unsafe fn a_request_is_marked_twice(scene: &Scene) -> NTSTATUS {
    mark(scene);
    mark(scene);
    TAKEN
}

pub(crate) unsafe fn a_request_that_is_not_marked_is_unmarked(scene: &Scene) -> NTSTATUS {
    wdf!(WdfRequestUnmarkCancelable, scene.request)
}

pub(crate) unsafe fn a_marked_request_is_completed(scene: &Scene) -> NTSTATUS {
    mark(scene);
    SUCCESS
}

pub(crate) unsafe fn a_marked_request_is_forwarded(scene: &Scene) -> NTSTATUS {
    mark(scene);
    let _ = wdf!(WdfRequestForwardToIoQueue, scene.request, scene.parking);
    TAKEN
}

pub(crate) unsafe fn a_marked_request_is_asked_for_cancellation(scene: &Scene) -> NTSTATUS {
    mark(scene);
    let _ = wdf!(WdfRequestIsCanceled, scene.request);
    TAKEN
}

/// The driver does not ask whether the request is still its own when it comes back to it.
pub(crate) unsafe fn a_request_is_completed_after_its_cancellation(scene: &Scene) -> NTSTATUS {
    mark(scene);
    keep(scene.request);
    moments::arm(Moment::FileCleanup, || {
        let request: WDFREQUEST = kept();
        wdf!(WdfRequestComplete, request, SUCCESS);
    });
    TAKEN
}

/// The driver looks once whether the request has been cancelled, keeps it, and never hears of it
/// again.
pub(crate) unsafe fn a_request_cannot_be_cancelled(scene: &Scene) -> NTSTATUS {
    if wdf!(WdfRequestIsCanceled, scene.request) != 0 {
        return CANCELLED;
    }
    keep(scene.request);
    TAKEN
}

pub(crate) unsafe fn a_cancellation_completes_nothing(scene: &Scene) -> NTSTATUS {
    let _ = wdf!(WdfRequestMarkCancelableEx, scene.request, Some(forget));
    TAKEN
}

pub(crate) unsafe fn a_request_is_marked_without_a_callback(scene: &Scene) -> NTSTATUS {
    wdf!(WdfRequestMarkCancelable, scene.request, None);
    TAKEN
}
