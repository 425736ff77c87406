//! Network compartments: which interfaces and routes a thread sees.
//!
//! Each interface belongs to one compartment, and its routes and addresses with it. A function of
//! NETIO acts in the compartment of the thread that calls it.

use std::sync::Arc;

use nt_kernel::thread::{self, Thread};
use nt_types::DEFAULT_COMPARTMENT;

/// `UNSPECIFIED_COMPARTMENT_ID`: no compartment in particular.
pub const UNSPECIFIED: u32 = 0;

/// The compartment of a thread that was put into no other.
pub const DEFAULT: u32 = DEFAULT_COMPARTMENT;

/// The calling thread's compartment.
#[must_use]
pub fn current() -> u32 {
    thread::with_current(Thread::compartment)
}

/// Puts the calling thread into a compartment until the guard is dropped.
#[must_use = "the thread leaves the compartment when the guard is dropped"]
pub fn enter(compartment: u32) -> Entered {
    let thread = thread::current();
    let before = thread.set_compartment(compartment);
    Entered { thread, before }
}

/// The stay of a thread in a compartment.
#[derive(Debug)]
pub struct Entered {
    thread: Arc<Thread>,
    before: u32,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.thread.set_compartment(self.before);
    }
}
