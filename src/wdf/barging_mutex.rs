//! A mutex that many threads take often. A kernel mutex that is released belongs to a waiting thread at
//! once, which must first get a processor: meanwhile no thread can take it, and the more threads wait,
//! the more of the time passes so. Here a released mutex has no owner, and a running thread may take it
//! before the waiting one has woken. docs/adr/barging-mutex.md says why, and what bounds the wait.

use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

use abi::NtStatus;
use engine::LockOrder;

use super::event::SynchronizationSignal;
use super::irql::PassiveLevel;
use super::mutex::{KernelMutex, OwnedMutex};

/// How often the first waiting thread finds the mutex taken by another one when it has woken, before
/// it waits for the mutex itself, whose release then makes it the owner.
const OVERTAKEN_MAX: u32 = 4;

/// How long the first waiting thread waits for a release before it waits for the mutex itself, in
/// 100 ns: then the kernel knows for whom the owner holds it, and raises the owner's priority.
const RELEASE_LIMIT: u64 = 10_000;

/// A value behind a `KMUTEX` that running threads may take before waiting ones.
pub(crate) struct BargingMutex<T> {
    mutex: KernelMutex<T>,
    /// Its owner is the first of the threads that wait for `mutex`. The others wait for it.
    first: KernelMutex<()>,
    release: ReleaseSignal,
}

/// The signal to the first waiting thread that the mutex was released.
struct ReleaseSignal {
    signal: SynchronizationSignal,
    /// True while the first thread waits for the signal, or is about to.
    is_awaited: AtomicBool,
}

impl<T> BargingMutex<T> {
    /// A mutex without an owner.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no pool left.
    pub(crate) fn new(level: &PassiveLevel, value: T) -> Result<Self, NtStatus> {
        let first = KernelMutex::new(level, ())?;
        let signal = SynchronizationSignal::new(level)?;
        let release = ReleaseSignal {
            signal,
            is_awaited: AtomicBool::new(false),
        };
        Ok(Self {
            mutex: KernelMutex::new(level, value)?,
            first,
            release,
        })
    }

    /// Waits for the mutex, behind the threads that wait already. The thread must not own it.
    pub(crate) fn acquire(&self, level: &PassiveLevel) -> BargingOwner<'_, T> {
        if let Some(owned) = self.acquire_now(level, LockOrder::BehindOthers) {
            return self.owner(owned);
        }
        let _first = self.first.acquire(level);
        let owned = self.acquire_released(level);
        self.owner(owned.unwrap_or_else(|| self.mutex.acquire(level)))
    }

    /// Waits for the mutex: `None` if it is still taken after a wait of `limit`, in 100 ns. The thread
    /// must not own it already.
    pub(crate) fn acquire_within(
        &self,
        level: &PassiveLevel,
        order: LockOrder,
        limit: u64,
    ) -> Option<BargingOwner<'_, T>> {
        if let Some(owned) = self.acquire_now(level, order) {
            return Some(self.owner(owned));
        }
        let _first = self.first.acquire_within(level, limit)?;
        let owned = self.acquire_released(level);
        let owned = owned.or_else(|| self.mutex.acquire_within(level, limit))?;
        Some(self.owner(owned))
    }

    /// Takes the mutex if it has no owner, and if the order lets this thread have it before those that
    /// wait.
    fn acquire_now(&self, level: &PassiveLevel, order: LockOrder) -> Option<OwnedMutex<'_, T>> {
        if order == LockOrder::BehindOthers && self.first.has_owner() {
            return None;
        }
        self.mutex.try_acquire(level)
    }

    /// Takes the mutex when it has no owner, as the first of the waiting threads; `None` if this thread
    /// has been overtaken too often, or the owner keeps the mutex for long.
    fn acquire_released(&self, level: &PassiveLevel) -> Option<OwnedMutex<'_, T>> {
        for _ in 0..OVERTAKEN_MAX {
            // Before the attempt, so that the thread that has the mutex now sees it at the release.
            self.release.is_awaited.store(true, Ordering::SeqCst);
            let owned = self.mutex.try_acquire(level);
            if owned.is_some() || !self.release.signal.wait_within(level, RELEASE_LIMIT) {
                self.release.is_awaited.store(false, Ordering::SeqCst);
                return owned;
            }
        }
        None
    }

    const fn owner<'mutex>(&'mutex self, owned: OwnedMutex<'mutex, T>) -> BargingOwner<'mutex, T> {
        BargingOwner {
            owned,
            _release: SignalRelease(&self.release),
        }
    }
}

/// A [`BargingMutex`] that this thread owns.
pub(crate) struct BargingOwner<'mutex, T> {
    /// Dropped first: the thread that gets the signal can take the mutex.
    owned: OwnedMutex<'mutex, T>,
    _release: SignalRelease<'mutex>,
}

impl<T> Deref for BargingOwner<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.owned
    }
}

impl<T> DerefMut for BargingOwner<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.owned
    }
}

/// Signals the release when it is dropped.
struct SignalRelease<'mutex>(&'mutex ReleaseSignal);

impl Drop for SignalRelease<'_> {
    fn drop(&mut self) {
        let ReleaseSignal { signal, is_awaited } = self.0;
        if is_awaited.swap(false, Ordering::SeqCst) {
            signal.set();
        }
    }
}
