//! How a thread continues with other registers: it executes an invalid instruction at a known place, and
//! the handler of that fault puts the registers there.

use std::arch::naked_asm;
use std::cell::Cell;

use super::{ThreadRegisters, language_handler, termination};
use crate::saved_registers::to_address;

/// The number of rsp among the general registers.
const RSP: usize = 4;

thread_local! {
    static WANTED: Cell<Option<ThreadRegisters>> = const { Cell::new(None) };
}

/// Continues this thread with these registers. What is on the stack below them is given up, without
/// destructors: the caller owns nothing that needs one.
pub(super) fn with(registers: &ThreadRegisters) -> ! {
    let stack_pointer = to_address(registers.general[RSP]);
    termination::leave_below(stack_pointer);
    language_handler::leave_below(stack_pointer);
    WANTED.set(Some(*registers));
    trap()
}

#[unsafe(naked)]
extern "C" fn trap() -> ! {
    naked_asm!("ud2")
}

/// The registers with which the thread wants to continue, if it has come to the instruction that asks
/// for it.
pub(crate) fn take_resumed(instruction: usize) -> Option<ThreadRegisters> {
    let is_trap = instruction == trap as *const () as usize;
    is_trap.then(|| WANTED.take()).flatten()
}
