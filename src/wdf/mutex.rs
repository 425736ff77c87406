//! Kernel mutexes: mutual exclusion for code at `PASSIVE_LEVEL`. The kernel knows the owner of a
//! mutex and raises its priority, hands the mutex to a waiting thread when it is released, and lets
//! a wait end after a time. docs/adr/mutex-with-owner.md says why it is no other lock.

use core::cell::{Cell, UnsafeCell};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::_MODE::KernelMode;
use wdk_sys::ntddk::{
    KeBugCheckEx, KeInitializeMutex, KeReadStateMutex, KeReleaseMutex, KeWaitForSingleObject,
};
use wdk_sys::{BOOLEAN, CCHAR, KMUTEX, LARGE_INTEGER};

use super::irql::PassiveLevel;
use crate::pool::NonPaged;

/// `MUTEX_ALREADY_OWNED`: the stop code for a thread that takes a mutex that it owns.
const MUTEX_ALREADY_OWNED: u32 = 0xBF;

/// [`KernelMode`] in the type of the parameter.
pub(super) const KERNEL_MODE: CCHAR = 0;
const _: () = assert!(KernelMode == KERNEL_MODE as i32);

/// No alert or user APC ends the wait.
pub(super) const NOT_ALERTABLE: BOOLEAN = 0;

/// The release is not the beginning of a wait.
const NO_WAIT_FOLLOWS: BOOLEAN = 0;

/// A time from now on, in 100 ns, for a wait: a negative time is relative.
pub(super) fn relative_time(ticks: u64) -> LARGE_INTEGER {
    LARGE_INTEGER {
        QuadPart: i64::try_from(ticks).unwrap_or(i64::MAX).saturating_neg(),
    }
}

/// A value behind a `KMUTEX`.
pub(crate) struct KernelMutex<T> {
    /// Only the kernel's functions touch it.
    mutex: NonPaged<KMUTEX>,
    /// Whether a thread has the value. Only the owner of the mutex touches it.
    is_lent: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: only the owner of the mutex reaches the value and the flag.
unsafe impl<T: Send> Sync for KernelMutex<T> {}
// SAFETY: a mutex has no owner while it is moved, because its owner borrows it.
unsafe impl<T: Send> Send for KernelMutex<T> {}

impl<T> KernelMutex<T> {
    /// `KeInitializeMutex`: a mutex without an owner.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no pool left.
    pub(crate) fn new(_level: &PassiveLevel, value: T) -> Result<Self, NtStatus> {
        let mutex = NonPaged::new(KMUTEX::default())?;
        // SAFETY: the block is resident and stays at its address until it is freed.
        unsafe { KeInitializeMutex(mutex.as_shared_ptr(), 0) };
        Ok(Self {
            mutex,
            is_lent: Cell::new(false),
            value: UnsafeCell::new(value),
        })
    }

    /// Waits for the mutex. The thread must not own it already.
    pub(crate) fn acquire(&self, level: &PassiveLevel) -> OwnedMutex<'_, T> {
        loop {
            // Such a wait does not end without the mutex.
            if self.wait(level, null_mut()) {
                return self.lend();
            }
        }
    }

    /// Waits for the mutex for at most `limit`, in 100 ns: `None` if that has passed. The thread
    /// must not own the mutex already.
    pub(crate) fn acquire_within(
        &self,
        level: &PassiveLevel,
        limit: u64,
    ) -> Option<OwnedMutex<'_, T>> {
        let mut timeout = relative_time(limit);
        self.wait(level, &raw mut timeout).then(|| self.lend())
    }

    /// Takes the mutex if it has no owner. The thread must not own it already.
    pub(crate) fn try_acquire(&self, level: &PassiveLevel) -> Option<OwnedMutex<'_, T>> {
        self.acquire_within(level, 0)
    }

    /// `KeReadStateMutex`: true if a thread owns the mutex at this moment.
    pub(crate) fn has_owner(&self) -> bool {
        const NO_OWNER: i32 = 1;
        // SAFETY: the mutex is initialised and lives while `self` is lent.
        unsafe { KeReadStateMutex(self.mutex.as_shared_ptr()) != NO_OWNER }
    }

    /// `KeWaitForSingleObject`: whether this thread owns the mutex now.
    fn wait(&self, _level: &PassiveLevel, timeout: *mut LARGE_INTEGER) -> bool {
        // SAFETY: the mutex is initialised and lives while `self` is lent; waiting is allowed at
        // `PASSIVE_LEVEL`, which is proven; the timeout is null or the caller's.
        let status = unsafe {
            KeWaitForSingleObject(
                self.mutex.as_shared_ptr().cast(),
                Executive,
                KERNEL_MODE,
                NOT_ALERTABLE,
                timeout,
            )
        };
        // Also `STATUS_TIMEOUT` is a success.
        status == NtStatus::SUCCESS.0
    }

    /// The value, for the owner of the mutex. The kernel lets an owner take a mutex again, and there
    /// would be two mutable references to the value: the machine stops first.
    fn lend(&self) -> OwnedMutex<'_, T> {
        if self.is_lent.replace(true) {
            let mutex = self.mutex.as_shared_ptr().addr() as u64;
            // SAFETY: may be called at every level, and does not return.
            unsafe { KeBugCheckEx(MUTEX_ALREADY_OWNED, mutex, 0, 0, 0) };
        }
        OwnedMutex(self, PhantomData)
    }
}

/// A [`KernelMutex`] that this thread owns. It stays in this thread, because it contains a raw
/// pointer.
pub(crate) struct OwnedMutex<'mutex, T>(&'mutex KernelMutex<T>, PhantomData<*mut ()>);

impl<T> Deref for OwnedMutex<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread owns the mutex, and `self` is borrowed.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for OwnedMutex<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this thread owns the mutex, and `self` is borrowed mutably.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for OwnedMutex<'_, T> {
    fn drop(&mut self) {
        self.0.is_lent.set(false);
        // SAFETY: this thread took the mutex once when `self` was made, and waits for nothing now.
        unsafe { KeReleaseMutex(self.0.mutex.as_shared_ptr(), NO_WAIT_FOLLOWS) };
    }
}
