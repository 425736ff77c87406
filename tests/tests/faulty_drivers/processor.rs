//! What the processor itself finds.

use crate::codes::{
    ANY, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, ATTEMPTED_WRITE_TO_READONLY_MEMORY,
    DRIVER_VERIFIER_DETECTED_VIOLATION, KERNEL_SECURITY_CHECK_FAILURE, KMODE_EXCEPTION_NOT_HANDLED,
    OF_THE_DRIVER, RUST_PANIC, UNEXPECTED_KERNEL_MODE_TRAP, WDF_VIOLATION, verifier, wdf,
};
use crate::faulty_host::{commit, rule};

#[test]
fn a_null_pointer_is_read() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0005)
        .saying(&["a null pointer was read, at offset 0x18"]);
}

#[test]
fn a_null_pointer_is_written() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0005)
        .saying(&["a null pointer was written, at offset 0x18"]);
}

#[test]
fn the_processor_block_is_read() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0005)
        .saying(&["the processor block (gs) at offset 0x190 was read"]);
}

#[test]
fn code_is_written() {
    commit(rule!())
        .stops(ATTEMPTED_WRITE_TO_READONLY_MEMORY, ANY)
        .saying(&["a protected part of the image"]);
}

#[test]
fn data_is_executed() {
    commit(rule!())
        .stops(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, ANY)
        .saying(&["was executed"]);
}

#[test]
fn an_address_that_is_not_canonical_is_read() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0096)
        .saying(&["not canonical"]);
}

#[test]
fn a_handle_is_followed() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0096)
        .saying(&["not canonical"]);
}

#[test]
fn an_instruction_is_invalid() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_001D)
        .saying(&["an invalid instruction"]);
}

#[test]
fn an_instruction_is_not_for_this_host() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0096)
        .saying(&["a privileged instruction"]);
}

#[test]
fn a_division_by_zero() {
    commit(rule!())
        .stops(KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0094)
        .saying(&["a division by zero"]);
}

#[test]
fn a_fast_fail() {
    commit(rule!())
        .stops(KERNEL_SECURITY_CHECK_FAILURE, 3)
        .saying(&["fast fail with reason 0x3"]);
}

#[test]
fn a_breakpoint_without_a_debugger() {
    commit(rule!())
        .warns()
        .saying(&["a breakpoint without a debugger"]);
}

#[test]
fn the_stack_runs_out() {
    commit(rule!())
        .stops(UNEXPECTED_KERNEL_MODE_TRAP, 8)
        .saying(&["the stack has run out"]);
}

#[test]
fn a_panic() {
    commit(rule!())
        .stops(RUST_PANIC, ANY)
        .saying(&["the driver panicked at", "processor.rs:"]);
}

#[test]
fn the_driver_stops_the_machine() {
    commit(rule!())
        .stops(OF_THE_DRIVER, 1)
        .saying(&["the driver called KeBugCheckEx", "(0x1, 0x2, 0x3, 0x4)"]);
}

#[test]
fn the_driver_has_the_framework_stop_it() {
    commit(rule!())
        .stops(OF_THE_DRIVER, 1)
        .saying(&["the driver called WdfVerifierKeBugCheck"]);
}

#[test]
fn an_export_that_this_host_lacks() {
    commit(rule!())
        .stops(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            verifier::NOT_IMPLEMENTED,
        )
        .saying(&["ntoskrnl.exe!IoConnectInterruptEx is not implemented"]);
}

#[test]
fn a_framework_function_that_this_host_lacks() {
    commit(rule!())
        .stops(
            DRIVER_VERIFIER_DETECTED_VIOLATION,
            verifier::NOT_IMPLEMENTED,
        )
        .saying(&["WdfPdoInitRemovePowerDependencyOnParent (index 453) is not implemented"]);
}

#[test]
fn a_framework_function_that_windows_lacks() {
    commit(rule!())
        .stops(WDF_VIOLATION, wdf::API_UNAVAILABLE)
        .saying(&["the function with the index 458, which the framework does not have"]);
}
