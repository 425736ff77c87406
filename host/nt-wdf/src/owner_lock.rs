//! What all locks of the driver's are made of: something that one thread at a time has.

use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Taken by one thread, and given back by the same.
#[derive(Default)]
pub(crate) struct OwnerLock {
    holder: Mutex<Option<ThreadId>>,
    free: Condvar,
}

impl OwnerLock {
    /// Waits for it and takes it.
    pub(crate) fn take(&self) {
        let mut holder = self.holder.lock();
        while holder.is_some() {
            self.free.wait(&mut holder);
        }
        *holder = Some(thread::current().id());
    }

    /// Waits for it as long as `timeout`, and says whether it was taken.
    pub(crate) fn take_within(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let mut holder = self.holder.lock();
        while holder.is_some() {
            if self.free.wait_until(&mut holder, end).timed_out() && holder.is_some() {
                return false;
            }
        }
        *holder = Some(thread::current().id());
        true
    }

    /// Whether this thread has it.
    pub(crate) fn is_mine(&self) -> bool {
        *self.holder.lock() == Some(thread::current().id())
    }

    /// Gives it back; this thread has it.
    pub(crate) fn give(&self) {
        *self.holder.lock() = None;
        self.free.notify_one();
    }
}
