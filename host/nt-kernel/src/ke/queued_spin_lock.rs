//! Queued spin locks: spin locks whose waiters get them in the order in which they came, each with a
//! handle on its stack. Here the handle only remembers the lock and the level.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::spin_lock::{
    KeAcquireSpinLockAtDpcLevel, KeAcquireSpinLockRaiseToDpc, KeReleaseSpinLock,
    KeReleaseSpinLockFromDpcLevel, KernelSpinLock,
};
use crate::exports::{Export, ntoskrnl};
use crate::irql;

/// A `KLOCK_QUEUE_HANDLE`.
#[repr(C)]
struct QueueHandle {
    next: usize,
    /// The lock; null while the handle has none.
    lock: *const KernelSpinLock,
    old_level: u8,
}

const _: () = assert!(size_of::<QueueHandle>() == 0x18);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeAcquireInStackQueuedSpinLock,
        KeAcquireInStackQueuedSpinLockAtDpcLevel,
        KeAcquireInStackQueuedSpinLockForDpc,
        KeReleaseInStackQueuedSpinLock,
        KeReleaseInStackQueuedSpinLockForDpc,
        KeReleaseInStackQueuedSpinLockFromDpcLevel,
    ]
}

/// Up to `DISPATCH_LEVEL`; returns at that level.
unsafe extern "win64" fn KeAcquireInStackQueuedSpinLock(
    lock: *const KernelSpinLock,
    handle: *mut QueueHandle,
) {
    // SAFETY: by contract a lock that has been initialised.
    let old_level = unsafe { KeAcquireSpinLockRaiseToDpc(lock) };
    // SAFETY: by contract the caller's storage for a handle.
    unsafe { handle.write(QueueHandle::of(lock, old_level)) };
}

/// As [`KeAcquireInStackQueuedSpinLock`], in a DPC routine that may be threaded.
unsafe extern "win64" fn KeAcquireInStackQueuedSpinLockForDpc(
    lock: *const KernelSpinLock,
    handle: *mut QueueHandle,
) {
    // SAFETY: the same contract.
    unsafe { KeAcquireInStackQueuedSpinLock(lock, handle) };
}

/// At `DISPATCH_LEVEL` or above.
unsafe extern "win64" fn KeAcquireInStackQueuedSpinLockAtDpcLevel(
    lock: *const KernelSpinLock,
    handle: *mut QueueHandle,
) {
    // SAFETY: by contract a lock that has been initialised.
    unsafe { KeAcquireSpinLockAtDpcLevel(lock) };
    let level = irql::current().0;
    // SAFETY: by contract the caller's storage for a handle.
    unsafe { handle.write(QueueHandle::of(lock, level)) };
}

/// At `DISPATCH_LEVEL`; returns at the level before.
unsafe extern "win64" fn KeReleaseInStackQueuedSpinLock(handle: *mut QueueHandle) {
    // SAFETY: by contract the caller's handle.
    let (lock, old_level) = unsafe { take("KeReleaseInStackQueuedSpinLock", handle) };
    // SAFETY: the handle has the lock.
    unsafe { KeReleaseSpinLock(lock, old_level) };
}

/// As [`KeReleaseInStackQueuedSpinLock`], in a DPC routine that may be threaded.
unsafe extern "win64" fn KeReleaseInStackQueuedSpinLockForDpc(handle: *mut QueueHandle) {
    // SAFETY: the same contract.
    unsafe { KeReleaseInStackQueuedSpinLock(handle) };
}

/// At `DISPATCH_LEVEL` or above.
unsafe extern "win64" fn KeReleaseInStackQueuedSpinLockFromDpcLevel(handle: *mut QueueHandle) {
    // SAFETY: by contract the caller's handle.
    let (lock, _level) = unsafe { take("KeReleaseInStackQueuedSpinLockFromDpcLevel", handle) };
    // SAFETY: the handle has the lock.
    unsafe { KeReleaseSpinLockFromDpcLevel(lock) };
}

impl QueueHandle {
    const fn of(lock: *const KernelSpinLock, old_level: u8) -> Self {
        Self {
            next: 0,
            lock,
            old_level,
        }
    }
}

/// The lock of a handle, and the level before; the handle has none then.
///
/// # Safety
///
/// It is a handle that this thread alone uses.
unsafe fn take(function: &str, handle: *mut QueueHandle) -> (*const KernelSpinLock, u8) {
    // SAFETY: by contract.
    let handle = unsafe { &mut *handle };
    if handle.lock.is_null() {
        irql::stop_for_rule(&format!(
            "{function} was called with a handle that has no lock"
        ));
    }
    let lock = std::mem::replace(&mut handle.lock, std::ptr::null());
    (lock, handle.old_level)
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;
    use crate::irql::Irql;
    use crate::testing::expect_stop;

    #[test]
    fn a_handle_remembers_the_level_and_the_lock() {
        let lock = KernelSpinLock::new(0);
        let mut handle = MaybeUninit::uninit();
        // SAFETY: a lock and a handle of this test.
        unsafe { KeAcquireInStackQueuedSpinLock(&raw const lock, handle.as_mut_ptr()) };
        assert_eq!(irql::current(), Irql::DISPATCH);
        let other = KernelSpinLock::new(0);
        let mut second = MaybeUninit::uninit();
        // SAFETY: as above.
        unsafe { KeAcquireInStackQueuedSpinLockAtDpcLevel(&raw const other, second.as_mut_ptr()) };
        // SAFETY: taken above.
        unsafe { KeReleaseInStackQueuedSpinLockFromDpcLevel(second.as_mut_ptr()) };
        assert_eq!(irql::current(), Irql::DISPATCH);
        // SAFETY: taken above.
        unsafe { KeReleaseInStackQueuedSpinLock(handle.as_mut_ptr()) };
        assert_eq!(irql::current(), Irql::PASSIVE);
    }

    #[test]
    fn a_handle_releases_its_lock_once() {
        let report = expect_stop!(|| {
            let lock = KernelSpinLock::new(0);
            let mut handle = MaybeUninit::uninit();
            // SAFETY: a lock and a handle of this test.
            unsafe { KeAcquireInStackQueuedSpinLock(&raw const lock, handle.as_mut_ptr()) };
            for _ in 0..2 {
                // SAFETY: as above; the second time breaks the rule that is tested.
                unsafe { KeReleaseInStackQueuedSpinLock(handle.as_mut_ptr()) };
            }
        });
        assert!(report.contains("a handle that has no lock"), "{report}");
    }
}
