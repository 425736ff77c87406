//! Rules of NETIO.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use wdk_sys::ntddk::{ExFreePool, KeLowerIrql, KeRaiseIrqlToDpcLevel};
use wdk_sys::{NTSTATUS, PVOID};

use super::Scene;
use crate::memory::{block, read, write};
use crate::netio::{CancelMibChangeNotify2, FreeMibTable, table, watch};
use crate::scene::{SUCCESS, TAKEN, keep, kept};

pub(crate) unsafe fn a_table_is_asked_for_at_dispatch(_scene: &Scene) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    let table = table();
    KeLowerIrql(old);
    FreeMibTable(table);
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_at_dispatch(_scene: &Scene) -> NTSTATUS {
    let table = table();
    let old = KeRaiseIrqlToDpcLevel();
    FreeMibTable(table);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_twice(_scene: &Scene) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    FreeMibTable(table);
    SUCCESS
}

pub(crate) unsafe fn a_freed_table_is_read(_scene: &Scene) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    read(table, 8).into()
}

pub(crate) unsafe fn a_table_is_read_past_its_end(_scene: &Scene) -> NTSTATUS {
    const ROW: usize = 104;
    let table = table();
    let rows = table.cast::<u32>().read() as usize;
    read(table, (8 + rows * ROW).cast_signed()).into()
}

pub(crate) unsafe fn a_table_is_left_at_unload(_scene: &Scene) -> NTSTATUS {
    let _ = table();
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_as_pool(_scene: &Scene) -> NTSTATUS {
    ExFreePool(table());
    SUCCESS
}

pub(crate) unsafe fn pool_is_freed_as_a_table(_scene: &Scene) -> NTSTATUS {
    FreeMibTable(block(64));
    SUCCESS
}

unsafe extern "system" fn nothing(_context: PVOID, _row: PVOID, _kind: u32) {}

pub(crate) unsafe fn a_notification_is_left_at_unload(_scene: &Scene) -> NTSTATUS {
    watch(nothing);
    SUCCESS
}

pub(crate) unsafe fn a_notification_is_cancelled_twice(_scene: &Scene) -> NTSTATUS {
    let handle = watch(nothing);
    let _ = CancelMibChangeNotify2(handle);
    CancelMibChangeNotify2(handle)
}

static REGISTERED: AtomicBool = AtomicBool::new(false);

unsafe extern "system" fn cancel_itself(_context: PVOID, _row: PVOID, _kind: u32) {
    while !REGISTERED.load(Ordering::SeqCst) {
        core::hint::spin_loop();
    }
    let _ = CancelMibChangeNotify2(kept());
}

pub(crate) unsafe fn a_notification_is_cancelled_by_its_own_callback(_scene: &Scene) -> NTSTATUS {
    keep(watch(cancel_itself));
    REGISTERED.store(true, Ordering::SeqCst);
    TAKEN
}

pub(crate) unsafe fn a_notification_is_cancelled_at_dispatch(_scene: &Scene) -> NTSTATUS {
    let handle = watch(nothing);
    let old = KeRaiseIrqlToDpcLevel();
    let outcome = CancelMibChangeNotify2(handle);
    KeLowerIrql(old);
    outcome
}

unsafe extern "system" fn raise(_context: PVOID, _row: PVOID, _kind: u32) {
    KeRaiseIrqlToDpcLevel();
}

pub(crate) unsafe fn a_notification_returns_at_dispatch(_scene: &Scene) -> NTSTATUS {
    watch(raise);
    TAKEN
}

pub(crate) unsafe fn a_freed_table_is_written(_scene: &Scene) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    write(table, 8);
    SUCCESS
}

pub(crate) unsafe fn no_table_is_freed(_scene: &Scene) -> NTSTATUS {
    FreeMibTable(null_mut());
    SUCCESS
}
