//! A lock that knows the thread that holds it; all lock objects of the driver are built on it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RawMutex;
use parking_lot::lock_api::{RawMutex as _, RawMutexTimed as _};

/// The number of a thread. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ThreadNumber(u64);

impl ThreadNumber {
    /// That of no thread.
    const NONE: Self = Self(0);

    /// That of the calling thread.
    #[inline]
    fn current() -> Self {
        thread_local! {
            static OWN: Cell<ThreadNumber> = const { Cell::new(ThreadNumber::NONE) };
        }
        if OWN.get() == Self::NONE {
            OWN.set(Self::next());
        }
        OWN.get()
    }

    #[cold]
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A lock that the thread that took it has to release.
pub(crate) struct OwnerLock {
    lock: RawMutex,
    /// The number of the thread that holds it.
    holder: AtomicU64,
}

impl Default for OwnerLock {
    fn default() -> Self {
        Self {
            lock: RawMutex::INIT,
            holder: AtomicU64::new(ThreadNumber::NONE.0),
        }
    }
}

impl OwnerLock {
    /// Waits until the lock is free and takes it.
    pub(crate) fn take(&self) {
        self.lock.lock();
        self.set_holder(ThreadNumber::current());
    }

    /// Waits for at most `timeout`. Returns whether this thread took the lock.
    pub(crate) fn take_within(&self, timeout: Duration) -> bool {
        let taken = self.lock.try_lock_for(timeout);
        if taken {
            self.set_holder(ThreadNumber::current());
        }
        taken
    }

    /// Whether this thread holds the lock. Another one may take or release it meanwhile, but no other
    /// thread writes this one's number.
    pub(crate) fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Relaxed) == ThreadNumber::current().0
    }

    /// Releases the lock.
    ///
    /// # Panics
    ///
    /// If this thread does not hold it.
    pub(crate) fn give(&self) {
        assert!(
            self.is_mine(),
            "a lock is released by the thread that took it"
        );
        self.set_holder(ThreadNumber::NONE);
        // SAFETY: this thread holds the lock.
        unsafe { self.lock.unlock() };
    }

    fn set_holder(&self, holder: ThreadNumber) {
        self.holder.store(holder.0, Ordering::Relaxed);
    }
}
