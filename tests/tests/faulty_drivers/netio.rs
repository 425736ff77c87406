//! NETIO.

use crate::codes::{
    ANY, BAD_POOL_CALLER, DRIVER_IRQL_NOT_LESS_OR_EQUAL, DRIVER_VERIFIER_DETECTED_VIOLATION,
    IRQL_UNEXPECTED_VALUE, PAGE_FAULT_IN_NONPAGED_AREA, verifier,
};
use crate::faulty_host::{commit, commit_with, rule};

#[test]
fn a_table_is_asked_for_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["GetIpForwardTable2 was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_table_is_freed_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["FreeMibTable was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_table_is_freed_twice() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&[
            "FreeMibTable",
            "a table that has been freed already",
            "freed here:",
        ]);
}

#[test]
fn a_freed_table_is_read() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was read",
            "the MIB table",
            "which was freed",
            "freed here:",
        ]);
}

#[test]
fn a_freed_table_is_written() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was written",
            "the MIB table",
            "which was freed",
            "freed here:",
        ]);
}

#[test]
fn a_table_is_read_past_its_end() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&["behind the last row of the MIB table"]);
}

#[test]
fn a_table_is_left_at_unload() {
    commit(rule!()).leaves_something().saying(&[
        "MIB table",
        "GetIpForwardTable2",
        "a_table_is_left_at_unload",
    ]);
}

#[test]
fn a_table_is_freed_as_pool() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0x42)
        .saying(&["which is not pool memory", "MIB table"]);
}

#[test]
fn pool_is_freed_as_a_table() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&["something that is no MIB table"]);
}

#[test]
fn no_table_is_freed() {
    commit(rule!())
        .warns()
        .saying(&["FreeMibTable was given NULL"]);
}

#[test]
fn a_notification_is_left_at_unload() {
    commit(rule!()).leaves_something().saying(&[
        "MIB change notification",
        "NotifyRouteChange2",
        "a_notification_is_left_at_unload",
    ]);
}

#[test]
fn a_notification_is_cancelled_twice() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&["CancelMibChangeNotify2", "not that of a registration"]);
}

#[test]
fn a_notification_is_cancelled_by_its_own_callback() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&["CancelMibChangeNotify2", "deadlock"]);
}

#[test]
fn a_notification_is_cancelled_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["CancelMibChangeNotify2 was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_notification_returns_at_dispatch() {
    commit(rule!())
        .stops(IRQL_UNEXPECTED_VALUE, 0x2_0000)
        .saying(&["a callback of NotifyRouteChange2 was entered at PASSIVE_LEVEL and returned at"]);
}

#[test]
fn a_notifications_row_is_kept() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was read",
            "in the row of a callback of NotifyRouteChange2, which has returned",
        ]);
}

#[test]
fn a_notifications_row_is_read_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&[
            "was read at DISPATCH_LEVEL, which is pageable",
            "in the row of a callback of NotifyRouteChange2",
        ]);
}

#[test]
fn a_notification_takes_memory() {
    commit_with(rule!(), &["--behaviour", "notification-irql=dispatch"])
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&["a callback of NotifyRouteChange2 took 1 blocks of pool memory"]);
}

#[test]
fn a_compartment_is_not_left() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::COMPARTMENT)
        .saying(&["was entered in network compartment 1 and returned in 2"]);
}

#[test]
fn a_compartment_is_entered_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::UNNUMBERED)
        .saying(&["NdisSetThreadObjectCompartmentId was called at DISPATCH_LEVEL"]);
}

#[test]
fn a_compartment_of_what_is_no_thread_is_set() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::NETIO)
        .saying(&["NdisSetThreadObjectCompartmentId was called with 0x0, which is no thread"]);
}
