//! Ends a driver's thread from within its routine: the thread goes on behind the call of the routine,
//! as after a `longjmp`, and what lies between on its stack is abandoned.
//!
//! No frame in between may have anything to drop: they are the driver's, and that of one export.

use std::cell::Cell;

thread_local! {
    /// The stack pointer at the innermost call of [`run`]; 0 outside of one.
    static SAVED: Cell<usize> = const { Cell::new(0) };
}

/// Runs `body` with `argument`. Returns when it does, or when this thread calls [`leave`] within it.
pub(crate) fn run(body: extern "sysv64" fn(usize), argument: usize) {
    SAVED.with(|saved| {
        // SAFETY: the saved value stays for the call; the frames that `leave` abandons have nothing to
        // drop.
        unsafe { call(saved.as_ptr(), body, argument) };
        saved.set(0);
    });
}

/// Whether this thread is within a call of [`run`].
pub(crate) fn can_leave() -> bool {
    SAVED.get() != 0
}

/// Goes on behind the call of [`run`] that this thread is in.
///
/// # Panics
///
/// Outside of such a call.
///
/// # Safety
///
/// No frame in between has anything to drop.
pub(crate) unsafe fn leave() -> ! {
    let saved = SAVED.get();
    assert_ne!(saved, 0, "no call of thread_exit::run");
    // SAFETY: `call` has saved it, and has not returned.
    unsafe { restore(saved) }
}

/// Saves the registers that a function keeps, then the stack pointer in `*saved`, and calls `body`.
#[unsafe(naked)]
unsafe extern "sysv64" fn call(
    saved: *mut usize,
    body: extern "sysv64" fn(usize),
    argument: usize,
) {
    core::arch::naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "mov [rdi], rsp",
        "mov rdi, rdx",
        "call rsi",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
    )
}

/// Returns from `call` with the stack pointer that it has saved.
#[unsafe(naked)]
unsafe extern "sysv64" fn restore(saved: usize) -> ! {
    core::arch::naked_asm!(
        "mov rsp, rdi",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "cld",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "sysv64" fn leave_from_within(depth: usize) {
        assert!(can_leave());
        if depth == 0 {
            // SAFETY: these frames have nothing to drop.
            unsafe { leave() };
        }
        leave_from_within(depth - 1);
        unreachable!("the thread goes on elsewhere");
    }

    extern "sysv64" fn return_at_once(_argument: usize) {}

    #[test]
    fn a_thread_goes_on_behind_the_call_that_it_leaves() {
        let before = String::from("kept");
        run(return_at_once, 0);
        assert!(!can_leave());
        run(leave_from_within, 3);
        assert!(!can_leave());
        assert_eq!(before, "kept");
    }
}
