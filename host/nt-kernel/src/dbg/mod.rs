//! `DbgPrint`: writes the driver's output to standard error.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

mod arguments;
mod format;

use std::arch::naked_asm;
use std::ffi::{CStr, c_char};

use nt_types::NtStatus;

use self::arguments::Arguments;
use super::console;
use super::exports::{Export, ntoskrnl};
use super::stack::Stack;
use super::warning;

/// The maximum length of one call's text, in bytes.
const TEXT_MAX: usize = 512;

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![DbgBreakPoint, DbgBreakPointWithStatus, DbgPrint, DbgPrintEx]
}

/// Any IRQL. The host has no debugger: it warns and goes on.
extern "win64" fn DbgBreakPoint() {
    break_without_debugger();
}

/// As [`DbgBreakPoint`].
extern "win64" fn DbgBreakPointWithStatus(_status: u32) {
    break_without_debugger();
}

fn break_without_debugger() {
    let stack = Stack::capture();
    warning(format!("a breakpoint without a debugger\n{stack}").trim_end());
}

/// Any IRQL; with Unicode conversions `PASSIVE_LEVEL`. Takes a format and what it asks for.
///
/// The first four arguments are in registers, the caller has left room for them on the stack right
/// below the others: stored there they make one list.
#[unsafe(naked)]
extern "win64" fn DbgPrint() {
    naked_asm!(
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "lea rcx, [rsp + 8]",
        "sub rsp, 40",
        "call {print}",
        "add rsp, 40",
        "ret",
        print = sym print,
    )
}

/// As [`DbgPrint`], after the number of a component and a level.
#[unsafe(naked)]
extern "win64" fn DbgPrintEx() {
    naked_asm!(
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "lea rcx, [rsp + 24]",
        "sub rsp, 40",
        "call {print}",
        "add rsp, 40",
        "ret",
        print = sym print,
    )
}

/// The text that a format of one byte a character and its arguments make.
///
/// # Safety
///
/// `format` has a terminator, and `list` the arguments that it asks for.
pub(super) unsafe fn render(format: *const c_char, list: *const u64) -> String {
    // SAFETY: by contract.
    let format = unsafe { CStr::from_ptr(format) }.to_string_lossy();
    // SAFETY: by contract.
    let mut arguments = unsafe { Arguments::new(list) };
    format::render(&format, &mut arguments)
}

/// As [`render`], of a format in UTF-16.
///
/// # Safety
///
/// As for [`render`].
pub(super) unsafe fn render_wide(format: *const u16, list: *const u64) -> String {
    let unit = |place: usize| {
        // SAFETY: by contract a string with a terminator, which has not come yet.
        unsafe { format.wrapping_add(place).read() }
    };
    let units: Vec<u16> = (0..usize::MAX)
        .map(unit)
        .take_while(|unit| *unit != 0)
        .collect();
    // SAFETY: by contract.
    let mut arguments = unsafe { Arguments::new(list) };
    format::render_wide(&String::from_utf16_lossy(&units), &mut arguments)
}

/// Prints the list at `list`: a format, then its arguments.
unsafe extern "win64" fn print(list: *const u64) -> NtStatus {
    // SAFETY: the caller's list, which has as many arguments as its format asks for.
    let mut arguments = unsafe { Arguments::new(list) };
    let format = arguments.next_text();
    let mut text = format::render(&format, &mut arguments);
    text.truncate(text.floor_char_boundary(TEXT_MAX));
    console::write_driver(&text);
    NtStatus::SUCCESS
}
