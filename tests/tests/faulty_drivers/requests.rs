//! Requests.

use crate::codes::{
    ANY, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_NOT_LESS_OR_EQUAL, PAGE_FAULT_IN_NONPAGED_AREA,
    WDF_VIOLATION, verifier, wdf,
};
use crate::faulty_host::{bytes_that_the_poison_changes, commit, commit_hang, rule};

#[test]
fn a_request_is_completed_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestComplete",
            "a WDFREQUEST that has been completed",
            "completed here:",
        ]);
}

#[test]
fn a_completed_request_is_used() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestGetInformation",
            "a WDFREQUEST that has been completed",
            "completed here:",
        ]);
}

#[test]
fn a_completed_request_is_used_through_a_reference() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestGetInformation",
            "has been completed",
            "a reference keeps its memory",
            "completed here:",
        ]);
}

#[test]
fn a_completed_requests_buffer_is_read() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was read", "tag 'IoSB'", "freed here:"]);
}

#[test]
fn a_completed_requests_buffer_is_written() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was written", "tag 'IoSB'", "freed here:"]);
}

#[test]
fn a_completed_requests_memory_is_used() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfMemoryGetBuffer",
            "a WDFMEMORY that has been deleted",
            "deleted here:",
        ]);
}

#[test]
fn more_is_returned_than_there_is_room() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::REQUEST_FATAL_ERROR)
        .saying(&["Information 4096", "room for 64 bytes"]);
}

#[test]
fn the_output_is_written_past_its_end() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["past the end of a block", "tag 'IoSB'"]);
}

#[test]
fn output_that_was_never_written_is_returned() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::OUTPUT)
        .saying(&["never wrote", "60..64"]);
}

#[test]
fn a_byte_that_was_never_written_is_returned() {
    assert_eq!(bytes_that_the_poison_changes(rule!()), [60]);
}

#[test]
fn a_byte_of_uninitialised_pool_is_returned() {
    assert_eq!(bytes_that_the_poison_changes(rule!()), [7]);
}

#[test]
fn pending_is_no_outcome() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["STATUS_PENDING"]);
}

#[test]
fn a_request_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "ends by completion"]);
}

#[test]
fn a_request_that_waits_is_completed() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfRequestComplete", "it waits in a queue"]);
}

#[test]
fn a_request_is_never_completed() {
    commit_hang(rule!())
        .stops_when_the_process_ends(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
        .saying(&["cannot exit", "control code 0x80002000"]);
}

#[test]
fn a_reference_to_a_request_is_left() {
    commit(rule!()).leaves_something().saying(&[
        "WDFREQUEST",
        "completed, but there are references",
        "a_reference_to_a_request_is_left",
    ]);
}

#[test]
fn a_reference_to_a_requests_memory_is_left() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WDFMEMORY", "there are references to it"]);
}

#[test]
fn a_request_is_used_at_unload() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestComplete",
            "has been completed",
            "completed here:",
        ]);
}

#[test]
fn paged_memory_is_filled_at_dispatch() {
    commit(rule!())
        .stops(IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&["memset", "paged"]);
}
