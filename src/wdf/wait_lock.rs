//! Wait locks: mutual exclusion for code at `PASSIVE_LEVEL`.

use core::cell::UnsafeCell;
use core::ptr::null_mut;

use abi::NtStatus;
use engine::Lock;
use wdk_sys::{NTSTATUS, WDFWAITLOCK, call_unsafe_wdf_function_binding};

use super::irql::PassiveLevel;
use super::{Parent, object_attributes};

/// A value behind a `WDFWAITLOCK`. The lock belongs to a file object or a device and goes with it.
pub(crate) struct WaitLock<T> {
    lock: WDFWAITLOCK,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by the holder of the lock only.
unsafe impl<T: Send> Sync for WaitLock<T> {}

impl<T> WaitLock<T> {
    /// `WdfWaitLockCreate`: a lock for a state of `parent`, which must not outlive it.
    ///
    /// # Errors
    ///
    /// What the framework answers.
    pub(crate) fn new(
        _level: &PassiveLevel<'_>,
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

    /// Runs `body` while this thread holds the lock. `body` must not come back for it.
    pub(crate) fn with<R>(&self, _level: &PassiveLevel<'_>, body: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the lock lives as long as its parent, whose state this is; waiting without
        // a limit is allowed at `PASSIVE_LEVEL`, which is proven.
        let _always_success: NTSTATUS =
            unsafe { call_unsafe_wdf_function_binding!(WdfWaitLockAcquire, self.lock, null_mut()) };
        // SAFETY: this thread holds the lock, so nobody else has a reference.
        let value = unsafe { &mut *self.value.get() };
        let result = body(value);
        // SAFETY: this thread took the lock above.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfWaitLockRelease, self.lock);
        }
        result
    }

    /// The lock together with the proof that it wants, as the engine takes it.
    pub(crate) const fn at<'level>(
        &'level self,
        level: &'level PassiveLevel<'level>,
    ) -> AtLevel<'level, T> {
        AtLevel { lock: self, level }
    }
}

/// A [`WaitLock`] in the hands of a thread that may take it.
pub(crate) struct AtLevel<'level, T> {
    lock: &'level WaitLock<T>,
    level: &'level PassiveLevel<'level>,
}

impl<T> Lock<T> for AtLevel<'_, T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        self.lock.with(self.level, body)
    }
}
