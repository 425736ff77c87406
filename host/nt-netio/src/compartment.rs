//! Network compartments: which of the machine's network worlds a thread sees.

use std::cell::Cell;

/// The compartment of a thread that has chosen none.
pub const DEFAULT: u32 = 1;

thread_local! {
    static CURRENT: Cell<u32> = const { Cell::new(DEFAULT) };
}

/// The calling thread's compartment.
#[must_use]
pub fn current() -> u32 {
    CURRENT.get()
}

/// Puts the calling thread into a compartment until the guard is dropped.
#[must_use = "the thread leaves the compartment when the guard is dropped"]
pub fn enter(compartment: u32) -> Entered {
    Entered(CURRENT.replace(compartment))
}

/// The stay of a thread in a compartment.
#[derive(Debug)]
pub struct Entered(u32);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
