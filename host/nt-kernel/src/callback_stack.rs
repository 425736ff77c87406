//! The driver's callbacks that each thread is in.

use std::cell::RefCell;

thread_local! {
    /// The outermost callback first.
    static CALLBACKS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The callbacks of this thread, the innermost first; empty outside the driver.
pub(super) fn names() -> Vec<String> {
    CALLBACKS.with_borrow(|names| names.iter().rev().cloned().collect())
}

/// This thread enters a callback.
pub(super) fn push(name: String) {
    CALLBACKS.with_borrow_mut(|names| names.push(name));
}

/// This thread returns from the innermost callback.
pub(super) fn pop() {
    CALLBACKS.with_borrow_mut(Vec::pop);
}
