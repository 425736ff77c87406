//! Rules of locks.

use core::ptr::null_mut;

use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::ntddk::{
    ExFreePool, KeAcquireSpinLockAtDpcLevel, KeAcquireSpinLockRaiseToDpc, KeInitializeMutex,
    KeLowerIrql, KeRaiseIrqlToDpcLevel, KeReleaseMutex, KeReleaseSpinLock, KeWaitForSingleObject,
};
use wdk_sys::{
    KMUTEX, KSPIN_LOCK, NTSTATUS, WDFSPINLOCK, WDFWAITLOCK, call_unsafe_wdf_function_binding as wdf,
};

use super::FaultContext;
use crate::attributes;
use crate::fault_context::{SUCCESS, TAKEN};
use crate::memory::{block, paged_block};

static mut FIRST: KSPIN_LOCK = 0;
static mut SECOND: KSPIN_LOCK = 0;

unsafe fn spin_lock() -> WDFSPINLOCK {
    let mut lock = null_mut();
    let _ = wdf!(WdfSpinLockCreate, &mut attributes::plain(), &raw mut lock);
    lock
}

unsafe fn wait_lock() -> WDFWAITLOCK {
    let mut lock = null_mut();
    let _ = wdf!(WdfWaitLockCreate, &mut attributes::plain(), &raw mut lock);
    lock
}

pub(crate) unsafe fn a_spin_lock_is_taken_twice(_fault: &FaultContext) -> NTSTATUS {
    let old = KeAcquireSpinLockRaiseToDpc(&raw mut FIRST);
    KeAcquireSpinLockAtDpcLevel(&raw mut FIRST);
    KeReleaseSpinLock(&raw mut FIRST, old);
    SUCCESS
}

pub(crate) unsafe fn a_spin_lock_that_is_not_held_is_released(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLock(&raw mut FIRST, old);
    SUCCESS
}

pub(crate) unsafe fn a_spin_lock_is_released_below_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KeAcquireSpinLockRaiseToDpc(&raw mut FIRST);
    KeLowerIrql(old);
    KeReleaseSpinLock(&raw mut FIRST, old);
    SUCCESS
}

pub(crate) unsafe fn a_spin_lock_is_taken_below_dispatch(_fault: &FaultContext) -> NTSTATUS {
    KeAcquireSpinLockAtDpcLevel(&raw mut FIRST);
    SUCCESS
}

pub(crate) unsafe fn a_spin_lock_lies_in_paged_memory(_fault: &FaultContext) -> NTSTATUS {
    let lock = paged_block(64).cast::<KSPIN_LOCK>();
    let old = KeAcquireSpinLockRaiseToDpc(lock);
    KeReleaseSpinLock(lock, old);
    SUCCESS
}

/// The level is restored, the lock is not.
pub(crate) unsafe fn a_spin_lock_is_held_at_return(fault: &FaultContext) -> NTSTATUS {
    fault.complete(SUCCESS);
    let old = KeAcquireSpinLockRaiseToDpc(&raw mut FIRST);
    KeLowerIrql(old);
    TAKEN
}

pub(crate) unsafe fn two_spin_locks_are_taken_in_both_orders(_fault: &FaultContext) -> NTSTATUS {
    take_both(&raw mut FIRST, &raw mut SECOND);
    take_both(&raw mut SECOND, &raw mut FIRST);
    SUCCESS
}

unsafe fn take_both(first: *mut KSPIN_LOCK, second: *mut KSPIN_LOCK) {
    let old = KeAcquireSpinLockRaiseToDpc(first);
    let dispatch = KeAcquireSpinLockRaiseToDpc(second);
    KeReleaseSpinLock(second, dispatch);
    KeReleaseSpinLock(first, old);
}

pub(crate) unsafe fn a_framework_spin_lock_is_taken_twice(_fault: &FaultContext) -> NTSTATUS {
    let lock = spin_lock();
    wdf!(WdfSpinLockAcquire, lock);
    wdf!(WdfSpinLockAcquire, lock);
    SUCCESS
}

pub(crate) unsafe fn a_framework_spin_lock_that_is_not_held_is_released(
    _fault: &FaultContext,
) -> NTSTATUS {
    wdf!(WdfSpinLockRelease, spin_lock());
    SUCCESS
}

pub(crate) unsafe fn a_framework_spin_lock_is_held_at_return(fault: &FaultContext) -> NTSTATUS {
    fault.complete(SUCCESS);
    wdf!(WdfSpinLockAcquire, spin_lock());
    KeLowerIrql(0);
    TAKEN
}

pub(crate) unsafe fn a_wait_lock_is_taken_twice(_fault: &FaultContext) -> NTSTATUS {
    let lock = wait_lock();
    let _ = wdf!(WdfWaitLockAcquire, lock, null_mut());
    wdf!(WdfWaitLockAcquire, lock, null_mut())
}

pub(crate) unsafe fn a_wait_lock_that_is_not_held_is_released(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfWaitLockRelease, wait_lock());
    SUCCESS
}

pub(crate) unsafe fn a_wait_lock_is_held_at_return(_fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfWaitLockAcquire, wait_lock(), null_mut())
}

pub(crate) unsafe fn two_wait_locks_are_taken_in_both_orders(_fault: &FaultContext) -> NTSTATUS {
    let (first, second) = (wait_lock(), wait_lock());
    wait_for_both(first, second);
    wait_for_both(second, first);
    SUCCESS
}

unsafe fn wait_for_both(first: WDFWAITLOCK, second: WDFWAITLOCK) {
    let _ = wdf!(WdfWaitLockAcquire, first, null_mut());
    let _ = wdf!(WdfWaitLockAcquire, second, null_mut());
    wdf!(WdfWaitLockRelease, second);
    wdf!(WdfWaitLockRelease, first);
}

pub(crate) unsafe fn a_lock_is_deleted_while_it_is_held(_fault: &FaultContext) -> NTSTATUS {
    let lock = wait_lock();
    let _ = wdf!(WdfWaitLockAcquire, lock, null_mut());
    wdf!(WdfObjectDelete, lock.cast());
    SUCCESS
}

pub(crate) unsafe fn a_devices_lock_is_held_at_return(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectAcquireLock, fault.device.cast());
    SUCCESS
}

pub(crate) unsafe fn a_request_is_completed_under_a_spin_lock(fault: &FaultContext) -> NTSTATUS {
    let old = KeAcquireSpinLockRaiseToDpc(&raw mut FIRST);
    fault.complete(SUCCESS);
    KeReleaseSpinLock(&raw mut FIRST, old);
    TAKEN
}

pub(crate) unsafe fn a_request_is_completed_under_a_framework_spin_lock(
    fault: &FaultContext,
) -> NTSTATUS {
    let lock = spin_lock();
    wdf!(WdfSpinLockAcquire, lock);
    fault.complete(SUCCESS);
    wdf!(WdfSpinLockRelease, lock);
    TAKEN
}

pub(crate) unsafe fn memory_with_a_held_lock_is_freed(_fault: &FaultContext) -> NTSTATUS {
    let lock = block(64).cast::<KSPIN_LOCK>();
    let old = KeAcquireSpinLockRaiseToDpc(lock);
    ExFreePool(lock.cast());
    KeLowerIrql(old);
    SUCCESS
}

/// A mutex without an owner, in a block that is never freed.
unsafe fn mutex() -> *mut KMUTEX {
    let mutex = block(size_of::<KMUTEX>()).cast::<KMUTEX>();
    KeInitializeMutex(mutex, 0);
    mutex
}

unsafe fn take_mutex(mutex: *mut KMUTEX) {
    let _ = KeWaitForSingleObject(mutex.cast(), Executive, 0, 0, null_mut());
}

pub(crate) unsafe fn a_mutex_that_is_not_owned_is_released(_fault: &FaultContext) -> NTSTATUS {
    KeReleaseMutex(mutex(), 0);
    SUCCESS
}

pub(crate) unsafe fn a_mutex_is_owned_at_return(_fault: &FaultContext) -> NTSTATUS {
    take_mutex(mutex());
    SUCCESS
}

pub(crate) unsafe fn a_mutex_lies_in_paged_memory(_fault: &FaultContext) -> NTSTATUS {
    KeInitializeMutex(paged_block(size_of::<KMUTEX>()).cast(), 0);
    SUCCESS
}

pub(crate) unsafe fn a_mutex_is_waited_for_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let mutex = mutex();
    let old = KeRaiseIrqlToDpcLevel();
    take_mutex(mutex);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn two_mutexes_are_taken_in_both_orders(_fault: &FaultContext) -> NTSTATUS {
    let (first, second) = (mutex(), mutex());
    take_both_mutexes(first, second);
    take_both_mutexes(second, first);
    SUCCESS
}

unsafe fn take_both_mutexes(first: *mut KMUTEX, second: *mut KMUTEX) {
    take_mutex(first);
    take_mutex(second);
    KeReleaseMutex(second, 0);
    KeReleaseMutex(first, 0);
}

pub(crate) unsafe fn memory_with_an_owned_mutex_is_freed(_fault: &FaultContext) -> NTSTATUS {
    let mutex = mutex();
    take_mutex(mutex);
    ExFreePool(mutex.cast());
    SUCCESS
}
