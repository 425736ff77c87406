//! What a driver can wait for begins with a `DISPATCHER_HEADER`. Its state is in the driver's memory;
//! one lock of the host orders all changes of all of them.

use std::time::Instant;

use parking_lot::{Condvar, Mutex, MutexGuard};

/// A `DISPATCHER_HEADER`.
#[repr(C)]
pub(super) struct DispatcherHeader {
    pub(super) kind: u8,
    signalling: u8,
    size: u8,
    inserted: u8,
    /// What is signalled is not 0; a mutex is signalled at 1.
    pub(super) state: i32,
    waiters: [usize; 2],
}

static DISPATCHER: Mutex<()> = Mutex::new(());
static SIGNALLED: Condvar = Condvar::new();

/// The time in which this thread alone reads and changes objects.
pub(crate) struct Dispatcher(MutexGuard<'static, ()>);

impl DispatcherHeader {
    /// The header of an object of so many bytes at `address`.
    pub(super) const fn new(address: usize, kind: u8, bytes: usize, state: i32) -> Self {
        let list = address + std::mem::offset_of!(Self, waiters);
        Self {
            kind,
            signalling: 0,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the kernel's objects are small"
            )]
            size: (bytes / 4) as u8,
            inserted: 0,
            state,
            waiters: [list; 2],
        }
    }
}

impl Dispatcher {
    /// Begins it.
    pub(crate) fn lock() -> Self {
        Self(DISPATCHER.lock())
    }

    /// Lets all waiting threads look at their objects again.
    #[expect(
        clippy::unused_self,
        reason = "it proves that no other thread changes objects"
    )]
    pub(crate) fn wake(&self) {
        SIGNALLED.notify_all();
    }

    /// Lets other threads change objects until one [wakes](Self::wake) this thread, but not beyond
    /// the deadline. `None` if that has passed.
    pub(super) fn wait(self, deadline: Option<Instant>) -> Option<Self> {
        self.wait_for(&SIGNALLED, deadline)
    }

    /// As [`wait`](Self::wait), until another thread notifies `signal`.
    pub(super) fn wait_for(mut self, signal: &Condvar, deadline: Option<Instant>) -> Option<Self> {
        match deadline {
            None => signal.wait(&mut self.0),
            Some(deadline) if deadline <= Instant::now() => return None,
            // Whether the time is over is seen the next time.
            Some(deadline) => drop(signal.wait_until(&mut self.0, deadline)),
        }
        Some(self)
    }
}
