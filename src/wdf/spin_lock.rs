//! Spin locks: mutual exclusion with callbacks that come at `DISPATCH_LEVEL`.

use core::cell::UnsafeCell;

use abi::NtStatus;
use engine::Lock;

use super::device::Device;
use super::irql::PassiveLevel;
use super::{Parent, object_attributes};

/// A value behind a framework spin lock, which belongs to a device and goes with it.
///
/// Whoever holds it is at `DISPATCH_LEVEL`: what is done with the value must be short, must not
/// wait, and must not call the network stack.
pub(crate) struct SpinLock<T> {
    lock: wdk::wdf::SpinLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by the holder of the lock only.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// `WdfSpinLockCreate`: a lock for a state of `device`, which must not outlive it.
    ///
    /// # Errors
    ///
    /// What the framework answers.
    pub(crate) fn new(
        _level: &PassiveLevel<'_>,
        device: &Device,
        value: T,
    ) -> Result<Self, NtStatus> {
        let mut attributes = object_attributes();
        attributes.ParentObject = device.as_object();
        let lock = wdk::wdf::SpinLock::try_new(&mut attributes).map_err(NtStatus)?;
        Ok(Self {
            lock,
            value: UnsafeCell::new(value),
        })
    }
}

impl<T> Lock<T> for SpinLock<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        self.lock.acquire();
        // SAFETY: this thread holds the lock, so nobody else has a reference.
        let value = unsafe { &mut *self.value.get() };
        let result = body(value);
        self.lock.release();
        result
    }
}
