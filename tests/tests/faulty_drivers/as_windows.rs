//! With `--as-windows` the host stops only where Windows does, and as Windows does.

use abi::NtStatus;
use nt_kernel::on_windows::{self, RulesPage, WindowsReaction};

use crate::codes::{
    APC_INDEX_MISMATCH, DRIVER_VERIFIER_DETECTED_VIOLATION, DRIVER_VERIFIER_IOMANAGER_VIOLATION,
    SYSTEM_SERVICE_EXCEPTION, WDF_VIOLATION, verifier, wdf,
};
use crate::faulty_host::{commit_as_windows, commit_hang_as_windows};

/// Rules that the host finds not at the call that breaks them: by a second host, by the list at unload, by
/// a later read, or with a warning in any case.
const FOUND_ELSEWHERE: [&str; 8] = [
    "netio::a_table_is_left_at_unload",
    "netio::no_table_is_freed",
    "objects::a_reference_to_an_object_is_left",
    "requests::a_reference_to_a_request_is_left",
    "requests::a_byte_of_uninitialised_pool_is_returned",
    "requests::a_byte_that_was_never_written_is_returned",
    "wdm::a_preprocessed_irp_is_forgotten",
    "wdm::a_preprocessed_irp_is_not_skipped",
];

/// The rules with this reaction that the host finds at the call.
fn rules_with(wanted: WindowsReaction) -> Vec<&'static str> {
    let rules = on_windows::rules(RulesPage::General).filter(|(_, reaction)| *reaction == wanted);
    rules
        .map(|(name, _)| name)
        .filter(|name| !FOUND_ELSEWHERE.contains(name))
        .collect()
}

#[test]
fn what_windows_does_not_notice_is_a_warning() {
    let rules = rules_with(WindowsReaction::Nothing);
    assert!(rules.len() > 5, "{rules:?}");
    for rule in rules {
        commit_as_windows(rule)
            .goes_on()
            .saying(&["Windows: nothing"]);
    }
}

#[test]
fn a_break_of_the_frameworks_verifier_is_a_warning() {
    let rules = rules_with(WindowsReaction::VerifierBreak);
    assert!(rules.len() > 10, "{rules:?}");
    for rule in rules {
        let words = "Windows: break point of the framework's verifier";
        commit_as_windows(rule).goes_on().saying(&[words]);
    }
}

#[test]
fn a_call_that_the_verifier_breaks_fails_as_on_windows() {
    let status =
        commit_as_windows("cancel::a_request_that_is_not_marked_is_unmarked").answers_as_windows();
    assert_eq!(status, NtStatus::INVALID_DEVICE_REQUEST);
}

#[test]
fn a_call_that_the_frameworks_verifier_refuses_is_a_warning() {
    let rules = rules_with(WindowsReaction::Refused);
    assert!(!rules.is_empty());
    for rule in rules {
        let words = "Windows: the framework's verifier refuses the call";
        commit_as_windows(rule).goes_on().saying(&[words]);
    }
}

#[test]
fn what_waits_for_ever_on_windows_waits_for_the_watchdog() {
    for rule in [
        "locks::a_framework_spin_lock_is_taken_twice",
        "locks::a_wait_lock_is_taken_twice",
        "netio::a_notification_is_cancelled_by_its_own_callback",
        "queues::a_queue_waits_for_the_request_that_asks_for_it",
    ] {
        commit_hang_as_windows(rule)
            .stops_as_windows(DRIVER_VERIFIER_DETECTED_VIOLATION, verifier::HANG)
            .saying(&["the call has not returned"]);
    }
}

#[test]
fn a_bugcheck_has_the_parameters_of_windows() {
    for (rule, first) in [
        ("locks::a_spin_lock_is_taken_twice", 0x1000),
        ("locks::a_spin_lock_that_is_not_held_is_released", 0x1007),
    ] {
        commit_as_windows(rule).stops_as_windows(DRIVER_VERIFIER_DETECTED_VIOLATION, first);
    }
    for (rule, first) in [
        ("targets::a_sent_request_is_completed", 0x7),
        ("targets::a_marked_request_is_sent", 0x203),
    ] {
        commit_as_windows(rule).stops_as_windows(DRIVER_VERIFIER_IOMANAGER_VIOLATION, first);
    }
    commit_as_windows("pool::a_block_is_left_at_unload")
        .stops_at_unload_as_windows(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62);
    commit_as_windows("objects::a_handle_is_null")
        .stops_as_windows(WDF_VIOLATION, wdf::INVALID_HANDLE);
}

#[test]
fn an_exception_stops_with_the_code_of_its_thread() {
    const ACCESS_VIOLATION: u64 = 0xC000_0005;
    const BREAKPOINT: u64 = 0x8000_0003;
    commit_as_windows("processor::a_null_pointer_is_read")
        .stops_as_windows(SYSTEM_SERVICE_EXCEPTION, ACCESS_VIOLATION);
    commit_as_windows("processor::a_breakpoint_without_a_debugger")
        .stops_as_windows(SYSTEM_SERVICE_EXCEPTION, BREAKPOINT);
}

#[test]
fn a_critical_region_matters_when_the_system_call_ends() {
    for rule in [
        "irql::a_critical_region_is_not_left",
        "locks::a_lock_is_deleted_while_it_is_held",
        "locks::a_mutex_is_owned_at_return",
        "locks::a_wait_lock_is_held_at_return",
    ] {
        commit_as_windows(rule)
            .stops_as_windows(APC_INDEX_MISMATCH, 0)
            .saying(&["(0x0, 0x0, 0xffff, 0x0)"]);
    }
}
