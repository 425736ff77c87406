//! The interrupt request level.

use crate::codes::{
    DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_UNEXPECTED_VALUE, WDF_VIOLATION, verifier, wdf,
};
use crate::faulty_host::{commit, load, rule};

#[test]
fn a_wait_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::WAIT)
        .saying(&["KeWaitForSingleObject was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_sleep_at_dispatch() {
    commit(rule!())
        .stops(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            verifier::IRQL_KE_APC_LTE_1,
        )
        .saying(&[
            "KeDelayExecutionThread was called at DISPATCH_LEVEL",
            "(rule IrqlKeApcLte1)",
        ]);
}

#[test]
fn a_wait_for_what_is_no_event() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0)
        .saying(&["an object of kind 119"]);
}

#[test]
fn a_raise_that_lowers() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x30)
        .saying(&["raise to APC_LEVEL from DISPATCH_LEVEL"]);
}

#[test]
fn a_lowering_that_raises() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x31)
        .saying(&["lower to DISPATCH_LEVEL from PASSIVE_LEVEL"]);
}

#[test]
fn a_callback_returns_at_dispatch() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::IRQL_MISMATCH)
        .saying(&[
            "EvtIoDeviceControl was entered at PASSIVE_LEVEL and returned at DISPATCH_LEVEL",
        ]);
}

#[test]
fn a_cleanup_returns_at_dispatch() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::IRQL_MISMATCH)
        .saying(&["EvtFileCleanup"]);
}

#[test]
fn an_unload_returns_at_dispatch() {
    commit(rule!())
        .stops_at_unload(WDF_VIOLATION, wdf::IRQL_MISMATCH)
        .saying(&["EvtDriverUnload"]);
}

#[test]
fn a_passive_function_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["MmGetSystemRoutineAddress was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_passive_framework_function_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["WdfIoQueueStopSynchronously was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_framework_function_above_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["WdfIoQueueGetState was called at IRQL 5"]);
}

#[test]
fn a_wait_lock_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["WdfWaitLockAcquire was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_critical_region_is_entered_at_dispatch() {
    commit(rule!())
        .stops(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            verifier::ENTER_CRITICAL_REGION,
        )
        .saying(&["KeEnterCriticalRegion was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_critical_region_is_not_left() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::CRITICAL_REGION_MISMATCH)
        .saying(&["EvtIoDeviceControl", "KeEnterCriticalRegion"]);
}

#[test]
fn a_critical_region_is_left_twice() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3E)
        .saying(&["KeLeaveCriticalRegion"]);
}

#[test]
fn an_entry_point_returns_at_dispatch() {
    load(rule!())
        .stops(IRQL_UNEXPECTED_VALUE, 0x2_0000)
        .saying(&["DriverEntry was entered at PASSIVE_LEVEL and returned at DISPATCH_LEVEL"]);
}
