//! The `__finally` handlers that this thread is in.
//!
//! An exception out of such a handler ends the unwinding that has called it: on Windows, the new one
//! collides with it. The search for a handler goes on with the scopes around that `__finally`, in the
//! frame that the old unwinding had come to. The frames in between are not the driver's any more.

use std::arch::naked_asm;
use std::cell::RefCell;

use super::frame::DriverFrame;

/// A handler that has not returned.
struct Running {
    /// The stack pointer of the frame that has called it.
    stack_pointer: usize,
    /// The frame that it belongs to. Its scope, and those within, are left.
    frame: DriverFrame,
}

thread_local! {
    /// The innermost last.
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// Calls the termination handler `handler` of a scope that the frame `left` has just left. An exception may
/// end the call: the caller owns nothing that has to be dropped.
pub(super) fn run(handler: usize, establisher: usize, left: &DriverFrame) {
    let (count, stack_pointer) = RUNNING.with_borrow_mut(|running| {
        running.push(Running {
            stack_pointer: 0,
            frame: *left,
        });
        let last = running.len() - 1;
        (last, &raw mut running[last].stack_pointer)
    });
    // SAFETY: the scope table of the driver names a termination handler, of this type; the place is
    // written before it runs, while nothing else changes the list.
    unsafe { call(1, establisher, handler, stack_pointer) };
    RUNNING.with_borrow_mut(|running| running.truncate(count));
}

/// Calls `handler` with the first two arguments, and notes the stack pointer of this frame, which is the
/// caller's for an unwinding out of the handler.
#[unsafe(naked)]
unsafe extern "win64" fn call(
    abnormal: u8,
    establisher: usize,
    handler: usize,
    stack_pointer: *mut usize,
) {
    naked_asm!(
        // Room for the handler to save its arguments in, and the alignment.
        "sub rsp, 40",
        "mov [r9], rsp",
        "call r8",
        "add rsp, 40",
        "ret",
    )
}

/// The frame of the handler that was called at this stack pointer, if one was.
pub(super) fn frame_at(stack_pointer: usize) -> Option<DriverFrame> {
    RUNNING.with_borrow(|running| {
        let mut running = running.iter().rev();
        let found = running.find(|running| running.stack_pointer == stack_pointer)?;
        Some(found.frame)
    })
}

/// The thread goes on at this stack pointer: the handlers that were called below do not return.
pub(super) fn leave_below(stack_pointer: usize) {
    RUNNING.with_borrow_mut(|running| {
        running.retain(|running| running.stack_pointer >= stack_pointer);
    });
}

#[cfg(test)]
mod tests {
    use super::super::context::ThreadRegisters;
    use super::*;

    #[test]
    fn handlers_that_do_not_return_are_forgotten() {
        let called_at = |stack_pointer| Running {
            stack_pointer,
            frame: DriverFrame::new(&ThreadRegisters::ZERO),
        };
        RUNNING.set([0x3000, 0x2000, 0x1000].map(called_at).into());
        leave_below(0x2000);
        assert!(frame_at(0x3000).is_some() && frame_at(0x2000).is_some());
        assert!(frame_at(0x1000).is_none());
    }
}
