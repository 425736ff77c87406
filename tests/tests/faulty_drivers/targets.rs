//! Requests that go to an I/O target.

use crate::codes::{WDF_VIOLATION, wdf};
use crate::faulty_host::{commit, rule};

#[test]
fn a_sent_request_is_completed() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestComplete", "has been sent to an I/O target"]);
}

#[test]
fn a_request_is_sent_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::REQUEST_FATAL_ERROR)
        .saying(&["WdfRequestSend", "has been sent to an I/O target"]);
}

#[test]
fn a_request_is_sent_without_a_format() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestSend", "is not formatted for the target"]);
}

#[test]
fn a_request_is_sent_without_a_routine() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestSend", "has no completion routine"]);
}

#[test]
fn a_marked_request_is_sent() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestSend", "is marked cancelable"]);
}

#[test]
fn a_created_request_is_completed() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestComplete", "WdfObjectDelete ends it"]);
}

#[test]
fn a_sent_request_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "has been sent to an I/O target"]);
}
