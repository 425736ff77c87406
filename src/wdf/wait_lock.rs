//! Wait locks: mutual exclusion for code at `PASSIVE_LEVEL`.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::{NTSTATUS, WDFWAITLOCK, call_unsafe_wdf_function_binding};

use super::irql::PassiveLevel;
use super::{Parent, object_attributes};

/// A value behind a `WDFWAITLOCK`. The lock belongs to a file object or a device and is deleted with
/// it.
pub(crate) struct WaitLock<T> {
    lock: WDFWAITLOCK,
    value: UnsafeCell<T>,
}

// SAFETY: only the holder of the lock reaches the value.
unsafe impl<T: Send> Sync for WaitLock<T> {}

impl<T> WaitLock<T> {
    /// `WdfWaitLockCreate`: a lock for a state of `parent`, which must not outlive it.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(crate) fn new(
        _level: &PassiveLevel,
        parent: &impl Parent,
        value: T,
    ) -> Result<Self, NtStatus> {
        let mut attributes = object_attributes();
        attributes.ParentObject = parent.as_object();
        let mut lock = null_mut();
        // SAFETY: the parent is live while it is lent; the attributes are copied.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfWaitLockCreate,
                &raw mut attributes,
                &raw mut lock,
            )
        })
        .into_result()?;
        Ok(Self {
            lock,
            value: UnsafeCell::new(value),
        })
    }

    /// `WdfWaitLockAcquire`: waits for the lock. The thread must not hold it already.
    pub(crate) fn acquire(&self, _level: &PassiveLevel) -> HeldWaitLock<'_, T> {
        // SAFETY: the lock lives as long as its parent, whose state this is; waiting without
        // a limit is allowed at `PASSIVE_LEVEL`, which is proven.
        let _always_success: NTSTATUS =
            unsafe { call_unsafe_wdf_function_binding!(WdfWaitLockAcquire, self.lock, null_mut()) };
        HeldWaitLock(self, PhantomData)
    }

    /// `WdfWaitLockAcquire` with a limit, in 100 ns: `None` if it has passed. The thread must not
    /// hold the lock already.
    pub(crate) fn acquire_within(
        &self,
        _level: &PassiveLevel,
        limit: u64,
    ) -> Option<HeldWaitLock<'_, T>> {
        // A negative time is relative.
        let mut timeout = i64::try_from(limit).unwrap_or(i64::MAX).saturating_neg();
        // SAFETY: the lock lives as long as its parent, whose state this is; waiting is allowed at
        // `PASSIVE_LEVEL`, which is proven.
        let status = unsafe {
            call_unsafe_wdf_function_binding!(WdfWaitLockAcquire, self.lock, &raw mut timeout)
        };
        // Also `STATUS_TIMEOUT` is a success.
        (status == NtStatus::SUCCESS.0).then(|| HeldWaitLock(self, PhantomData))
    }
}

/// A [`WaitLock`] that this thread holds. It stays in this thread, because it contains a raw
/// pointer.
pub(crate) struct HeldWaitLock<'lock, T>(&'lock WaitLock<T>, PhantomData<*mut ()>);

impl<T> Deref for HeldWaitLock<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the lock, and `self` is borrowed.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for HeldWaitLock<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this thread holds the lock, and `self` is borrowed mutably.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for HeldWaitLock<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread took the lock when `self` was made.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfWaitLockRelease, self.0.lock);
        }
    }
}
