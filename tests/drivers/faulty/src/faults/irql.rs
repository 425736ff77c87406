//! Rules of the interrupt request level.

use core::ptr::null_mut;

use wdk_sys::ntddk::{
    KeDelayExecutionThread, KeEnterCriticalRegion, KeInitializeEvent, KeLeaveCriticalRegion,
    KeLowerIrql, KeRaiseIrqlToDpcLevel, KeWaitForSingleObject, KfRaiseIrql,
    MmGetSystemRoutineAddress,
};
use wdk_sys::{KEVENT, LARGE_INTEGER, NTSTATUS, call_unsafe_wdf_function_binding as wdf};

use super::FaultContext;
use crate::attributes;
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::SUCCESS;
use crate::text::unicode;

pub(crate) unsafe fn a_wait_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let mut event = KEVENT::default();
    KeInitializeEvent(&raw mut event, 0, 1);
    let old = KeRaiseIrqlToDpcLevel();
    let outcome = KeWaitForSingleObject((&raw mut event).cast(), 0, 0, 0, null_mut());
    KeLowerIrql(old);
    outcome
}

pub(crate) unsafe fn a_sleep_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let mut interval = LARGE_INTEGER { QuadPart: -10 };
    let old = KeRaiseIrqlToDpcLevel();
    let outcome = KeDelayExecutionThread(0, 0, &raw mut interval);
    KeLowerIrql(old);
    outcome
}

pub(crate) unsafe fn a_wait_for_what_is_no_event(_fault: &FaultContext) -> NTSTATUS {
    let mut event = [0x77_u64; 3];
    KeWaitForSingleObject((&raw mut event).cast(), 0, 0, 0, null_mut())
}

pub(crate) unsafe fn a_raise_that_lowers(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    KfRaiseIrql(1);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_lowering_that_raises(_fault: &FaultContext) -> NTSTATUS {
    KeLowerIrql(2);
    SUCCESS
}

pub(crate) unsafe fn a_callback_returns_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    KeRaiseIrqlToDpcLevel();
    SUCCESS
}

pub(crate) unsafe fn a_cleanup_returns_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    deferred_fault::defer_to(FaultCallback::FileCleanup, || {
        KeRaiseIrqlToDpcLevel();
    });
    SUCCESS
}

pub(crate) unsafe fn an_unload_returns_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    deferred_fault::defer_to(FaultCallback::Unload, || {
        KeRaiseIrqlToDpcLevel();
    });
    SUCCESS
}

/// By the service's name.
pub(crate) unsafe fn an_entry_point_returns_at_dispatch() -> NTSTATUS {
    KeRaiseIrqlToDpcLevel();
    SUCCESS
}

pub(crate) unsafe fn a_passive_function_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let name = unicode!(b"KeBugCheckEx");
    let old = KeRaiseIrqlToDpcLevel();
    MmGetSystemRoutineAddress((&raw const name).cast_mut());
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_passive_framework_function_at_dispatch(fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    wdf!(WdfIoQueueStopSynchronously, fault.parking);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_framework_function_above_dispatch(fault: &FaultContext) -> NTSTATUS {
    let old = KfRaiseIrql(5);
    let _ = wdf!(WdfIoQueueGetState, fault.parking, null_mut(), null_mut());
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_wait_lock_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let mut lock = null_mut();
    let _ = wdf!(WdfWaitLockCreate, &mut attributes::plain(), &raw mut lock);
    let old = KeRaiseIrqlToDpcLevel();
    let _ = wdf!(WdfWaitLockAcquire, lock, null_mut());
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_critical_region_is_entered_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    KeEnterCriticalRegion();
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_critical_region_is_not_left(_fault: &FaultContext) -> NTSTATUS {
    KeEnterCriticalRegion();
    SUCCESS
}

pub(crate) unsafe fn a_critical_region_is_left_twice(_fault: &FaultContext) -> NTSTATUS {
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    KeLeaveCriticalRegion();
    SUCCESS
}
