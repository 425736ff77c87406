//! Critical regions: no asynchronous procedure call reaches a thread that is in one.

use std::cell::Cell;

thread_local! {
    static ENTERED: Cell<u32> = const { Cell::new(0) };
}

/// Enters a critical region, as `KeEnterCriticalRegion` and the taking of a wait lock do.
pub fn enter() {
    ENTERED.set(ENTERED.get() + 1);
}

/// Leaves one; false if this thread is in none.
#[expect(
    clippy::must_use_candidate,
    reason = "a wait lock's owner knows that it is in one"
)]
pub fn leave() -> bool {
    let left = ENTERED.get().checked_sub(1);
    ENTERED.set(left.unwrap_or(0));
    left.is_some()
}

/// How many this thread is in.
#[must_use]
pub fn count() -> u32 {
    ENTERED.get()
}
