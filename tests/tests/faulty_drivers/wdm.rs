//! What lies below the framework: IRPs, device objects, addresses of callers.

use abi::NtStatus;

use crate::codes::{
    ANY, MULTIPLE_IRP_COMPLETE_REQUESTS, PAGE_FAULT_IN_NONPAGED_AREA, WDF_VIOLATION, wdf,
};
use crate::faulty_host::{commit, commit_in_context, rule};

#[test]
fn a_requests_irp_is_completed() {
    commit(rule!())
        .stops(MULTIPLE_IRP_COMPLETE_REQUESTS, ANY)
        .saying(&[
            "IoCompleteRequest",
            "control code 0x80002000",
            "is the framework's to complete",
        ]);
}

#[test]
fn a_completed_requests_irp_is_read() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was read", "tag 'Irp '", "freed here:"]);
}

#[test]
fn a_callers_address_is_asked_for_too_late() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0010));
}

#[test]
fn the_devices_own_target_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "own I/O target"]);
}

#[test]
fn a_miniport_device_has_no_queues() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&["WdfIoQueueCreate", "this is a WDFDEVICE of a miniport"]);
}

#[test]
fn a_preprocessed_irp_is_forgotten() {
    commit(rule!())
        .stops_at_the_next_read(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["EvtDeviceWdmIrpPreprocess", "neither completed"]);
}

#[test]
fn a_preprocessed_irp_is_not_skipped() {
    commit(rule!())
        .stops_at_the_next_read(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&[
            "WdfDeviceWdmDispatchPreprocessedIrp",
            "IoSkipCurrentIrpStackLocation comes first",
        ]);
}

#[test]
fn a_callers_buffer_is_read_after_its_request() {
    commit_in_context(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was read", "tag 'User'", "freed here:"]);
}

#[test]
fn a_callers_buffer_is_read_outside_of_its_context() {
    commit_in_context(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was read", "tag 'User'", "freed here:"]);
}
