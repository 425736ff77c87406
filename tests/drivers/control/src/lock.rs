//! A value behind one of the framework's locks.

use core::cell::UnsafeCell;
use core::ptr::null_mut;

use wdk::wdf::SpinLock;
use wdk_sys::{NTSTATUS, WDFOBJECT, WDFWAITLOCK, call_unsafe_wdf_function_binding};

use crate::context::below;
use crate::device::done;

/// A value behind a wait lock: at `PASSIVE_LEVEL`.
pub(crate) struct WaitLocked<T> {
    lock: WDFWAITLOCK,
    value: UnsafeCell<T>,
}

impl<T> WaitLocked<T> {
    /// Puts `value` behind a lock that is deleted with `parent`.
    pub(crate) fn new(parent: WDFOBJECT, value: T) -> Result<Self, NTSTATUS> {
        let mut attributes = below(parent);
        let mut lock = null_mut();
        // SAFETY: the attributes outlive the call.
        done(unsafe {
            call_unsafe_wdf_function_binding!(WdfWaitLockCreate, &raw mut attributes, &raw mut lock,)
        })?;
        Ok(Self {
            lock,
            value: UnsafeCell::new(value),
        })
    }

    /// Runs `body` with the value. `body` must not call this again.
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the lock lives as long as the device; without a time limit this always succeeds.
        unsafe {
            let _ = call_unsafe_wdf_function_binding!(WdfWaitLockAcquire, self.lock, null_mut());
        }
        // SAFETY: this thread alone has the lock.
        let result = body(unsafe { &mut *self.value.get() });
        // SAFETY: acquired above.
        unsafe { call_unsafe_wdf_function_binding!(WdfWaitLockRelease, self.lock) };
        result
    }
}

/// A value behind a spin lock: held for a short time, at any level up to `DISPATCH_LEVEL`.
pub(crate) struct SpinLocked<T> {
    lock: SpinLock,
    value: UnsafeCell<T>,
}

impl<T> SpinLocked<T> {
    /// Puts `value` behind a lock that is deleted with `parent`.
    pub(crate) fn new(parent: WDFOBJECT, value: T) -> Result<Self, NTSTATUS> {
        Ok(Self {
            lock: SpinLock::try_new(&mut below(parent))?,
            value: UnsafeCell::new(value),
        })
    }

    /// Runs `body` with the value, at `DISPATCH_LEVEL`. `body` must not call this again.
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        self.lock.acquire();
        // SAFETY: this thread alone has the lock.
        let result = body(unsafe { &mut *self.value.get() });
        self.lock.release();
        result
    }
}
