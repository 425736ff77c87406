//! Queues.

use abi::NtStatus;

use crate::codes::{DRIVER_POWER_STATE_FAILURE, WDF_VIOLATION, wdf};
use crate::faulty_host::{commit, commit_hang, rule};

#[test]
fn a_device_has_one_default_queue() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0001));
}

#[test]
fn a_structure_says_its_size() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0004));
}

#[test]
fn a_queue_has_a_callback_for_requests() {
    commit(rule!()).gets_answer(NtStatus::new(0xC020_020B));
}

#[test]
fn a_manual_queue_has_no_callback_for_requests() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_000D));
}

#[test]
fn a_request_is_kept_from_a_sleep() {
    commit_hang(rule!())
        .stops_when_the_system_sleeps(DRIVER_POWER_STATE_FAILURE, 3)
        .saying(&["the device does not leave D0", "acknowledged EvtIoStop"]);
}

#[test]
fn a_request_is_not_forwarded_to_its_own_queue() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0010));
}

#[test]
fn a_request_of_a_parallel_queue_is_not_requeued() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0010));
}

#[test]
fn nothing_is_retrieved_from_a_parallel_queue() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0184));
}

#[test]
fn a_queue_waits_for_the_request_that_asks_for_it() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::QUEUE_FATAL_ERROR)
        .saying(&["WdfIoQueuePurgeSynchronously", "would wait for itself"]);
}

#[test]
fn two_changes_of_a_queue_have_callbacks() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::QUEUE_FATAL_ERROR)
        .saying(&["WdfIoQueueStop", "still outstanding"]);
}

#[test]
fn requests_are_dispatched_to_a_queue_with_a_callback() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0010));
}

#[test]
fn requests_are_dispatched_before_the_device_starts() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0184));
}

#[test]
fn a_reserve_has_requests() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_000D));
}

#[test]
fn a_request_in_reserve_is_used() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestGetRequestorProcessId",
            "in reserve",
            "EvtIoAllocateResourcesForReservedRequest",
        ]);
}
