//! A lock that knows the thread that holds it; all lock objects of the driver are built on it.

use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// A lock that the thread that took it has to release.
#[derive(Default)]
pub(crate) struct OwnerLock {
    holder: Mutex<Option<ThreadId>>,
    free: Condvar,
}

impl OwnerLock {
    /// Waits until the lock is free and takes it.
    pub(crate) fn take(&self) {
        let mut holder = self.holder.lock();
        while holder.is_some() {
            self.free.wait(&mut holder);
        }
        *holder = Some(thread::current().id());
    }

    /// Waits for at most `timeout`. Returns whether this thread took the lock.
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

    /// Whether this thread holds the lock.
    pub(crate) fn is_mine(&self) -> bool {
        *self.holder.lock() == Some(thread::current().id())
    }

    /// Releases the lock, which this thread holds.
    pub(crate) fn give(&self) {
        *self.holder.lock() = None;
        self.free.notify_one();
    }
}
