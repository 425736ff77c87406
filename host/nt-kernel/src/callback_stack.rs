//! The driver's callbacks that each thread is in, and the stack between them.

use std::cell::RefCell;
use std::ops::Range;

/// A call that a thread has entered.
struct Entered {
    name: String,
    /// The stack pointer of the function that called it: the frames of the call end there.
    pointer: usize,
    /// False for a call that is the host's own.
    is_driver: bool,
}

thread_local! {
    /// The outermost call first.
    static CALLS: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// The calls of this thread, the innermost first; empty outside the driver.
pub(super) fn names() -> Vec<String> {
    CALLS.with_borrow(|calls| calls.iter().rev().map(|call| call.name.clone()).collect())
}

/// This thread enters a call. `pointer` is the stack pointer of its caller.
pub(super) fn push(name: String, pointer: usize, is_driver: bool) {
    CALLS.with_borrow_mut(|calls| {
        calls.push(Entered {
            name,
            pointer,
            is_driver,
        });
    });
}

/// This thread returns from the innermost call.
pub(super) fn pop() {
    CALLS.with_borrow_mut(Vec::pop);
}

/// Where the driver's next frames can be, seen from `pointer` outwards: in the innermost call of the
/// driver that has this address, or with `skip_own`, in the next outer one. `None` if there is none;
/// the rest of the stack for a thread that is in no call.
pub(super) fn search_range(pointer: usize, skip_own: bool) -> Option<Range<usize>> {
    CALLS.with_borrow(|calls| {
        if calls.is_empty() {
            return (pointer != usize::MAX).then_some(pointer..usize::MAX);
        }
        let mut outwards = calls.iter().rev().filter(|call| call.pointer >= pointer);
        let mut start = pointer;
        if skip_own {
            start = outwards.next()?.pointer;
        }
        for call in outwards {
            if call.is_driver {
                return Some(start..call.pointer);
            }
            start = call.pointer;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_frames_are_searched_between_the_calls() {
        assert_eq!(search_range(50, true), Some(50..usize::MAX));
        push("a call of a process".to_owned(), 900, false);
        push("outer".to_owned(), 500, true);
        push("inner".to_owned(), 200, true);
        assert_eq!(search_range(50, false), Some(50..200));
        assert_eq!(search_range(150, true), Some(200..500));
        assert_eq!(search_range(200, true), Some(200..500));
        assert_eq!(search_range(300, true), None);
        for _ in 0..3 {
            pop();
        }
    }
}
