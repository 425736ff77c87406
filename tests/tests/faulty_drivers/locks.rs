//! Locks.

use crate::codes::{
    ANY, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_NOT_LESS_OR_EQUAL, KMODE_EXCEPTION_NOT_HANDLED,
    SPIN_LOCK_ALREADY_OWNED, SPIN_LOCK_NOT_OWNED, WDF_VIOLATION, verifier, wdf,
};
use crate::faulty_host::{commit, rule};

#[test]
fn a_spin_lock_is_taken_twice() {
    commit(rule!())
        .stops(SPIN_LOCK_ALREADY_OWNED, ANY)
        .saying(&["holds the spin lock already", "taken here:"]);
}

#[test]
fn a_spin_lock_that_is_not_held_is_released() {
    commit(rule!())
        .stops(SPIN_LOCK_NOT_OWNED, ANY)
        .saying(&["does not hold"]);
}

#[test]
fn a_spin_lock_is_released_below_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x32)
        .saying(&["at another level than DISPATCH_LEVEL"]);
}

#[test]
fn a_spin_lock_is_taken_below_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x40)
        .saying(&["below DISPATCH_LEVEL"]);
}

#[test]
fn a_spin_lock_lies_in_paged_memory() {
    commit(rule!())
        .stops(IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&["KeAcquireSpinLock", "paged"]);
}

#[test]
fn a_spin_lock_is_held_at_return() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HELD_LOCK)
        .saying(&[
            "EvtIoDeviceControl",
            "returned with a spin lock",
            "taken here:",
        ]);
}

#[test]
fn two_spin_locks_are_taken_in_both_orders() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::LOCK_HIERARCHY)
        .saying(&["the other way round", "taken here:"]);
}

#[test]
fn a_framework_spin_lock_is_taken_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::RECURSIVE_LOCK)
        .saying(&[
            "WdfSpinLockAcquire",
            "holds the spin lock already",
            "taken here:",
        ]);
}

#[test]
fn a_framework_spin_lock_that_is_not_held_is_released() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_LOCK_OPERATION)
        .saying(&["WdfSpinLockRelease", "does not hold"]);
}

#[test]
fn a_framework_spin_lock_is_held_at_return() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HELD_LOCK)
        .saying(&["EvtIoDeviceControl", "WDFSPINLOCK", "taken here:"]);
}

#[test]
fn a_wait_lock_is_taken_twice() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::RECURSIVE_LOCK)
        .saying(&[
            "WdfWaitLockAcquire",
            "holds the wait lock already",
            "taken here:",
        ]);
}

#[test]
fn a_wait_lock_that_is_not_held_is_released() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::CRITICAL_REGION_MISMATCH)
        .saying(&["WdfWaitLockRelease", "does not hold"]);
}

#[test]
fn a_wait_lock_is_held_at_return() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::CRITICAL_REGION_MISMATCH)
        .saying(&["EvtIoDeviceControl", "WDFWAITLOCK", "taken here:"]);
}

#[test]
fn two_wait_locks_are_taken_in_both_orders() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::LOCK_HIERARCHY)
        .saying(&["the other way round", "taken here:"]);
}

#[test]
fn a_lock_is_deleted_while_it_is_held() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::INVALID_LOCK_OPERATION)
        .saying(&["WDFWAITLOCK", "deleted", "taken here:"]);
}

#[test]
fn a_devices_lock_is_held_at_return() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::IRQL_MISMATCH)
        .saying(&["EvtIoDeviceControl", "returned at DISPATCH_LEVEL"]);
}

#[test]
fn a_request_is_completed_under_a_spin_lock() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["WdfRequestComplete", "spin lock", "taken here:"]);
}

#[test]
fn a_request_is_completed_under_a_framework_spin_lock() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["WdfRequestComplete", "WDFSPINLOCK", "taken here:"]);
}

#[test]
fn memory_with_a_held_lock_is_freed() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HELD_LOCK)
        .saying(&[
            "was freed with a spin lock",
            "taken here:",
            "allocated here:",
        ]);
}

#[test]
fn a_mutex_that_is_not_owned_is_released() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0046)
        .saying(&["KeReleaseMutex", "does not own the mutex"]);
}

#[test]
fn a_mutex_is_owned_at_return() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::CRITICAL_REGION_MISMATCH)
        .saying(&["EvtIoDeviceControl", "a mutex", "taken here:"]);
}

#[test]
fn a_mutex_lies_in_paged_memory() {
    commit(rule!())
        .stops(IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&["KeInitializeMutex", "paged"]);
}

#[test]
fn a_mutex_is_waited_for_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::WAIT)
        .saying(&["KeWaitForSingleObject", "at DISPATCH_LEVEL"]);
}

#[test]
fn two_mutexes_are_taken_in_both_orders() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::LOCK_HIERARCHY)
        .saying(&["the other way round", "taken here:"]);
}

#[test]
fn memory_with_an_owned_mutex_is_freed() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HELD_LOCK)
        .saying(&["was freed with a mutex", "taken here:", "allocated here:"]);
}
