//! Framework objects.

use abi::NtStatus;

use crate::codes::{ANY, PAGE_FAULT_IN_NONPAGED_AREA, WDF_VIOLATION, wdf};
use crate::faulty_host::{commit, rule};

#[test]
fn a_deleted_object_is_used() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfObjectReferenceActual",
            "a WDFOBJECT that has been deleted",
            "deleted here:",
        ]);
}

#[test]
fn an_object_is_deleted_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfObjectDelete",
            "a WDFOBJECT that has been deleted",
            "deleted here:",
        ]);
}

#[test]
fn an_object_is_used_after_its_cleanup() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfWaitLockAcquire",
            "a reference keeps its memory",
            "deleted here:",
        ]);
}

#[test]
fn a_handle_is_null() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&["WdfObjectDelete: Object is NULL", "(0x5, 0x0, 0x1000, 0x0)"]);
}

#[test]
fn a_handle_is_of_another_type() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfRequestComplete",
            "has to be a WDFREQUEST; this is a WDFQUEUE",
        ]);
}

#[test]
fn a_handle_is_anything() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&["WdfObjectDelete", "0x1234 is no handle"]);
}

#[test]
fn a_place_for_the_result_is_null() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::REQUIRED_PARAMETER_IS_NULL)
        .saying(&["WdfObjectCreate: Object is NULL"]);
}

#[test]
fn the_driver_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "deleted by its unload"]);
}

#[test]
fn the_device_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "deleted by its removal"]);
}

#[test]
fn the_default_queue_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "belongs to its device"]);
}

#[test]
fn an_object_loses_a_reference_too_many() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::OBJECT_ERROR)
        .saying(&["its last reference was dropped"]);
}

#[test]
fn a_reference_to_an_object_is_left() {
    commit(rule!())
        .leaves_something()
        .saying(&["WDFOBJECT", "a_reference_to_an_object_is_left"]);
}

#[test]
fn an_object_of_the_device_is_used_at_unload() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&["WdfObjectReferenceActual", "has been deleted"]);
}

#[test]
fn a_destroyed_objects_context_is_read() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["was read", "into a freed block", "freed here:"]);
}

#[test]
fn a_timer_waits_for_itself() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfTimerStop", "own callback would wait for itself"]);
}

#[test]
fn a_work_item_waits_for_itself() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfWorkItemFlush", "own callback would wait for itself"]);
}

#[test]
fn a_timer_has_a_parent() {
    commit(rule!()).gets_answer(NtStatus::new(0xC020_0212));
}

#[test]
fn attributes_say_their_size() {
    commit(rule!()).gets_answer(NtStatus::new(0xC000_0004));
}
