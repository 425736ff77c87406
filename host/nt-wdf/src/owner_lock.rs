//! A lock that knows the thread that holds it; all lock objects of the driver are built on it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// The number of a thread. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ThreadNumber(u64);

impl ThreadNumber {
    /// That of the calling thread.
    fn current() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        thread_local! {
            static OWN: ThreadNumber = ThreadNumber(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        OWN.with(|own| *own)
    }
}

/// A lock that the thread that took it has to release.
#[derive(Default)]
pub(crate) struct OwnerLock {
    holder: Mutex<Option<ThreadNumber>>,
    free: Condvar,
}

impl OwnerLock {
    /// Waits until the lock is free and takes it.
    pub(crate) fn take(&self) {
        let mut holder = self.holder.lock();
        while holder.is_some() {
            self.free.wait(&mut holder);
        }
        *holder = Some(ThreadNumber::current());
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
        *holder = Some(ThreadNumber::current());
        true
    }

    /// Whether this thread holds the lock.
    pub(crate) fn is_mine(&self) -> bool {
        *self.holder.lock() == Some(ThreadNumber::current())
    }

    /// Releases the lock, which this thread holds.
    pub(crate) fn give(&self) {
        *self.holder.lock() = None;
        self.free.notify_one();
    }
}
