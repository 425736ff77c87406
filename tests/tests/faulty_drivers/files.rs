//! Files, and the device's end.

use crate::codes::{DRIVER_VERIFIER_DETECTED_VIOLATION, WDF_VIOLATION, verifier, wdf};
use crate::faulty_host::{commit, commit_hang, rule};

#[test]
fn a_file_object_is_deleted() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::VERIFIER_FATAL_ERROR)
        .saying(&["WdfObjectDelete", "when their file is closed"]);
}

#[test]
fn a_closed_file_is_used() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfFileObjectGetFileName",
            "a WDFFILEOBJECT that has been deleted",
            "deleted here:",
        ]);
}

#[test]
fn a_deleted_device_is_used() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&[
            "WdfDeviceWdmGetDeviceObject",
            "a WDFDEVICE that has been deleted",
        ]);
}

#[test]
fn an_unload_never_returns() {
    commit_hang(rule!())
        .stops_at_unload(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
        .saying(&["DriverUnload"]);
}

#[test]
fn a_request_is_taken_at_cleanup_and_forgotten() {
    commit_hang(rule!())
        .stops_when_the_file_is_closed(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
        .saying(&[
            "control code 0x80002000",
            "the driver got the request at WdfIoQueueRetrieveNextRequest:",
            "faulty::faults::files::a_request_is_taken_at_cleanup_and_forgotten",
        ]);
}
