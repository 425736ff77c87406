//! `DbgPrint`: writes the driver's output to standard error.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

mod arguments;
mod format;

use std::arch::naked_asm;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use nt_types::NtStatus;

use self::arguments::Arguments;
use super::exports::{Export, ntoskrnl};

/// The maximum length of one call's text, in bytes.
const TEXT_MAX: usize = 512;
/// The prefix of each line of the driver's output.
const PREFIX: &str = "driver: ";

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![DbgPrint, DbgPrintEx]
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

/// Prints the list at `list`: a format, then its arguments.
unsafe extern "win64" fn print(list: *const u64) -> NtStatus {
    // SAFETY: the caller's list, which has as many arguments as its format asks for.
    let mut arguments = unsafe { Arguments::new(list) };
    let format = arguments.next_text();
    let mut text = format::render(&format, &mut arguments);
    text.truncate(text.floor_char_boundary(TEXT_MAX));
    write(&text);
    NtStatus::SUCCESS
}

/// Writes `text` with a prefix to each line. A line may come in pieces.
fn write(text: &str) {
    static AT_LINE_START: Mutex<bool> = Mutex::new(true);
    let mut at_line_start = AT_LINE_START.lock().unwrap_or_else(PoisonError::into_inner);
    let mut output = String::with_capacity(text.len() + PREFIX.len());
    for piece in text.split_inclusive('\n') {
        if *at_line_start {
            output.push_str(PREFIX);
        }
        output.push_str(piece);
        *at_line_start = piece.ends_with('\n');
    }
    // Standard error is closed: there is no other place to report to.
    let _ = std::io::stderr().write_all(output.as_bytes());
}
