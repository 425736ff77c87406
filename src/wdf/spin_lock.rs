//! Spin locks: mutual exclusion with callbacks that run at `DISPATCH_LEVEL`.

use core::cell::UnsafeCell;

use abi::NtStatus;

use super::device::Device;
use super::irql::{PassiveLevel, UpToDispatch};
use super::{Parent, object_attributes};

/// A value behind a framework spin lock. The lock belongs to a device and is deleted with it.
///
/// A thread that holds it is at `DISPATCH_LEVEL`: its use of the value must be short, and must not
/// wait.
pub(crate) struct SpinLock<T> {
    lock: wdk::wdf::SpinLock,
    value: UnsafeCell<T>,
}

// SAFETY: only the holder of the lock reaches the value.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// `WdfSpinLockCreate`: a lock for a state of `device`, which must not outlive it.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(crate) fn new(_level: &PassiveLevel, device: &Device, value: T) -> Result<Self, NtStatus> {
        let mut attributes = object_attributes();
        attributes.ParentObject = device.as_object();
        let lock = wdk::wdf::SpinLock::try_new(&mut attributes).map_err(NtStatus)?;
        Ok(Self {
            lock,
            value: UnsafeCell::new(value),
        })
    }

    /// Runs `body` while this thread holds the lock, at `DISPATCH_LEVEL`. `body` must not take the
    /// same lock. It cannot use the proof of the level, which is borrowed meanwhile.
    pub(crate) fn with<R>(
        &self,
        _level: &mut impl UpToDispatch,
        body: impl FnOnce(&mut T) -> R,
    ) -> R {
        self.lock.acquire();
        // SAFETY: this thread holds the lock, so no other thread has a reference.
        let value = unsafe { &mut *self.value.get() };
        let result = body(value);
        self.lock.release();
        result
    }
}
