//! The exports that raise exceptions: `ExRaise…` and `ProbeFor…`. Faults in copies of memory are the
//! driver's, too.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::{RaisedException, ThreadRegisters, dispatch};
use crate::bugcheck::{self, BugCheck, KMODE_EXCEPTION_NOT_HANDLED};
use crate::export_call::{ExportCall, KeptRegisters};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::pool::PAGE_SIZE;
use crate::{processor_block, stack, user_memory};

/// `STATUS_ACCESS_VIOLATION`.
const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// `STATUS_DATATYPE_MISALIGNMENT`.
const DATATYPE_MISALIGNMENT: u32 = 0x8000_0002;
/// The first information of an access violation: a read, a write.
pub(crate) const READ: u64 = 0;
pub(crate) const WRITE: u64 = 1;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExRaiseAccessViolation,
        ExRaiseDatatypeMisalignment,
        ExRaiseStatus,
        ProbeForRead,
        ProbeForWrite,
    ]
}

/// The driver's registers where the function that this thread is in returns to. `None` outside of a call
/// of a function out of which exceptions come.
pub(crate) fn registers_at_call(pointer: usize) -> Option<ThreadRegisters> {
    let (call, kept) = processor_block::raising_call_at(pointer)?;
    Some(kept_registers(&kept, &call))
}

/// The driver's registers where `call` returns to. Those that a call need not keep are 0.
fn kept_registers(kept: &KeptRegisters, call: &ExportCall) -> ThreadRegisters {
    let [rbx, rsi, rdi, r12, r13, r14, r15] = kept.general;
    let stack_pointer = call.slot.wrapping_add(size_of::<usize>()) as u64;
    let frame_pointer = call.frame_pointer as u64;
    let mut vectors = [[0; 4]; 16];
    vectors[6..].copy_from_slice(&kept.vectors);
    let caller = [0, 0, 0, rbx, stack_pointer, frame_pointer, rsi, rdi];
    let further = [0, 0, 0, 0, r12, r13, r14, r15];
    let mut general = [0; 16];
    general[..8].copy_from_slice(&caller);
    general[8..].copy_from_slice(&further);
    ThreadRegisters {
        instruction: stack::read(call.slot).unwrap_or(0) as u64,
        is_return_address: true,
        flags: 0,
        general,
        vectors,
    }
}

/// Up to `APC_LEVEL`.
extern "win64" fn ExRaiseStatus(status: u32) {
    raise_for_driver("ExRaiseStatus", status);
}

/// Up to `APC_LEVEL`.
extern "win64" fn ExRaiseAccessViolation() {
    raise_for_driver("ExRaiseAccessViolation", ACCESS_VIOLATION);
}

/// Up to `APC_LEVEL`.
extern "win64" fn ExRaiseDatatypeMisalignment() {
    raise_for_driver("ExRaiseDatatypeMisalignment", DATATYPE_MISALIGNMENT);
}

fn raise_for_driver(function: &'static str, status: u32) -> ! {
    irql::require_at_most(function, Irql::APC);
    raise_unexplained(function, status, &[])
}

/// Up to `APC_LEVEL`. Whether the range lies in the caller's part of the address space; nothing is read.
extern "win64" fn ProbeForRead(address: usize, length: usize, alignment: u32) {
    probe("ProbeForRead", address, length, alignment, READ);
}

/// Up to `APC_LEVEL`. As above; and each page must be writable.
extern "win64" fn ProbeForWrite(address: usize, length: usize, alignment: u32) {
    probe("ProbeForWrite", address, length, alignment, WRITE);
    let mut page = address;
    let end = address.saturating_add(length);
    while page < end {
        if !user_memory::is_mapped(page) {
            raise_access_violation("ProbeForWrite", WRITE, page);
        }
        page = (page - page % PAGE_SIZE).saturating_add(PAGE_SIZE);
    }
}

fn probe(function: &'static str, address: usize, length: usize, alignment: u32, access: u64) {
    irql::require_at_most(function, Irql::APC);
    if length == 0 {
        return;
    }
    let alignment = usize::try_from(alignment).unwrap_or(1).max(1);
    if !address.is_multiple_of(alignment) {
        raise_unexplained(function, DATATYPE_MISALIGNMENT, &[]);
    }
    let is_callers = |at: usize| user_memory::is_user_address(at);
    let last = address.checked_add(length - 1);
    if !is_callers(address) || !last.is_some_and(is_callers) {
        raise_access_violation(function, access, address);
    }
}

/// Raises an access violation at `address` in the driver, where it has called `function`.
pub(crate) fn raise_access_violation(function: &'static str, access: u64, address: usize) -> ! {
    raise_unexplained(function, ACCESS_VIOLATION, &[access, address as u64])
}

fn raise_unexplained(function: &'static str, status: u32, information: &[u64]) -> ! {
    raise(status, information, || {
        format!("{function} has raised {status:#x}, and the driver does not handle it")
    })
}

/// Raises an exception in the driver, at the call that this thread is in, which is of a function [out of
/// which exceptions come](crate::export_call). Stops the machine with these words if nothing handles it.
///
/// The destructors of the function do not run: it owns nothing then that needs one.
pub(crate) fn raise(status: u32, information: &[u64], words: impl FnOnce() -> String) -> ! {
    let registers = registers_at_call(stack::pointer());
    if let Some(registers) = registers {
        dispatch(&RaisedException {
            code: status,
            information,
            registers,
        });
    }
    let address = registers.map_or(0, |registers| registers.instruction);
    bugcheck::stop(BugCheck {
        code: KMODE_EXCEPTION_NOT_HANDLED,
        parameters: [status.into(), address, 0, 0],
        rule: words(),
    })
}
