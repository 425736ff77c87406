//! Cancellation.

use crate::codes::{DRIVER_VERIFIER_DETECTED_VIOLATION, WDF_VIOLATION, verifier, wdf};
use crate::faulty_host::{commit, commit_hang, rule};

#[test]
fn a_request_is_marked_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestMarkCancelableEx", "marked cancelable already"]);
}

#[test]
fn a_request_that_is_not_marked_is_unmarked() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestUnmarkCancelable", "not marked"]);
}

#[test]
fn a_marked_request_is_completed() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestComplete", "still marked cancelable"]);
}

#[test]
fn a_marked_request_is_forwarded() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestForwardToIoQueue", "marked cancelable"]);
}

#[test]
fn a_marked_request_is_asked_for_cancellation() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestIsCanceled", "marked cancelable"]);
}

#[test]
fn a_request_is_completed_after_its_cancellation() {
    commit(rule!())
        .stops_when_the_process_ends(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&["has been completed", "completed here:", "cancel"]);
}

#[test]
fn a_request_cannot_be_cancelled() {
    commit_hang(rule!())
        .stops_when_the_process_ends(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
        .saying(&[
            "cannot exit: the driver has not completed IRP #",
            ", cancelled",
        ])
        .saying(&[
            "the driver got the request at EvtIoDeviceControl:",
            "faulty::device::device_control (",
            "faulty/src/device.rs:",
            "had to do with it last at WdfRequestIsCanceled:",
            "faulty::faults::cancel::a_request_cannot_be_cancelled (",
            "faulty/src/faults/cancel.rs:",
        ]);
}

#[test]
fn a_cancellation_completes_nothing() {
    commit_hang(rule!())
        .stops_when_the_process_ends(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
        .saying(&[
            "cannot exit",
            "had to do with it last at EvtRequestCancel:",
            "faulty::faults::cancel::forget (",
            "faulty/src/faults/cancel.rs:",
        ]);
}

#[test]
fn a_request_is_marked_without_a_callback() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::REQUIRED_PARAMETER_IS_NULL)
        .saying(&["WdfRequestMarkCancelable: EvtRequestCancel is NULL"]);
}
