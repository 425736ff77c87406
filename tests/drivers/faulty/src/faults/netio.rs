//! Rules of NETIO.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use wdk_sys::ntddk::{ExFreePool, KeLowerIrql, KeRaiseIrqlToDpcLevel};
use wdk_sys::{NTSTATUS, PVOID};

use super::FaultContext;
use crate::fault_context::{SUCCESS, TAKEN, keep, kept};
use crate::memory::{block, read, write};
use crate::netio::{
    CancelMibChangeNotify2, CreateIpForwardEntry2, DeleteIpForwardEntry2, FreeMibTable,
    NdisSetThreadObjectCompartmentId, PsGetCurrentThread, table, watch,
};

pub(crate) unsafe fn a_table_is_asked_for_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    let table = table();
    KeLowerIrql(old);
    FreeMibTable(table);
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let table = table();
    let old = KeRaiseIrqlToDpcLevel();
    FreeMibTable(table);
    KeLowerIrql(old);
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_twice(_fault: &FaultContext) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    FreeMibTable(table);
    SUCCESS
}

pub(crate) unsafe fn a_freed_table_is_read(_fault: &FaultContext) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    read(table, 8).into()
}

pub(crate) unsafe fn a_table_is_read_past_its_end(_fault: &FaultContext) -> NTSTATUS {
    const ROW: usize = 104;
    let table = table();
    let rows = table.cast::<u32>().read() as usize;
    read(table, (8 + rows * ROW).cast_signed()).into()
}

pub(crate) unsafe fn a_table_is_left_at_unload(_fault: &FaultContext) -> NTSTATUS {
    let _ = table();
    SUCCESS
}

pub(crate) unsafe fn a_table_is_freed_as_pool(_fault: &FaultContext) -> NTSTATUS {
    ExFreePool(table());
    SUCCESS
}

pub(crate) unsafe fn pool_is_freed_as_a_table(_fault: &FaultContext) -> NTSTATUS {
    FreeMibTable(block(64));
    SUCCESS
}

unsafe extern "system" fn nothing(_context: PVOID, _row: PVOID, _kind: u32) {}

pub(crate) unsafe fn a_notification_is_left_at_unload(_fault: &FaultContext) -> NTSTATUS {
    watch(nothing);
    SUCCESS
}

pub(crate) unsafe fn a_notification_is_cancelled_twice(_fault: &FaultContext) -> NTSTATUS {
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

pub(crate) unsafe fn a_notification_is_cancelled_by_its_own_callback(
    _fault: &FaultContext,
) -> NTSTATUS {
    keep(watch(cancel_itself));
    REGISTERED.store(true, Ordering::SeqCst);
    TAKEN
}

pub(crate) unsafe fn a_notification_is_cancelled_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let handle = watch(nothing);
    let old = KeRaiseIrqlToDpcLevel();
    let outcome = CancelMibChangeNotify2(handle);
    KeLowerIrql(old);
    outcome
}

unsafe extern "system" fn raise(_context: PVOID, _row: PVOID, _kind: u32) {
    KeRaiseIrqlToDpcLevel();
}

pub(crate) unsafe fn a_notification_returns_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    watch(raise);
    TAKEN
}

unsafe extern "system" fn take_memory(_context: PVOID, _row: PVOID, _kind: u32) {
    ExFreePool(block(64));
}

pub(crate) unsafe fn a_notification_takes_memory(_fault: &FaultContext) -> NTSTATUS {
    watch(take_memory);
    TAKEN
}

pub(crate) unsafe fn a_freed_table_is_written(_fault: &FaultContext) -> NTSTATUS {
    let table = table();
    FreeMibTable(table);
    write(table, 8);
    SUCCESS
}

pub(crate) unsafe fn no_table_is_freed(_fault: &FaultContext) -> NTSTATUS {
    FreeMibTable(null_mut());
    SUCCESS
}

unsafe extern "system" fn keep_row(_context: PVOID, row: PVOID, _kind: u32) {
    keep(row);
}

pub(crate) unsafe fn a_notifications_row_is_kept(_fault: &FaultContext) -> NTSTATUS {
    let handle = watch(keep_row);
    change_a_route();
    while kept::<u8>().is_null() {
        core::hint::spin_loop();
    }
    let _ = CancelMibChangeNotify2(handle);
    read(kept(), 0).into()
}

unsafe extern "system" fn read_row_at_dispatch(_context: PVOID, row: PVOID, _kind: u32) {
    if !row.is_null() {
        let old = KeRaiseIrqlToDpcLevel();
        let _ = read(row, 0);
        KeLowerIrql(old);
    }
}

pub(crate) unsafe fn a_notifications_row_is_read_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    watch(read_row_at_dispatch);
    change_a_route();
    TAKEN
}

pub(crate) unsafe fn a_compartment_is_not_left(_fault: &FaultContext) -> NTSTATUS {
    NdisSetThreadObjectCompartmentId(PsGetCurrentThread(), 2)
}

pub(crate) unsafe fn a_compartment_is_entered_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let old = KeRaiseIrqlToDpcLevel();
    let outcome = NdisSetThreadObjectCompartmentId(PsGetCurrentThread(), 1);
    KeLowerIrql(old);
    outcome
}

pub(crate) unsafe fn a_compartment_of_what_is_no_thread_is_set(_fault: &FaultContext) -> NTSTATUS {
    NdisSetThreadObjectCompartmentId(null_mut(), 1)
}

/// Creates a route that there is already, but for its next hop, and deletes it again.
unsafe fn change_a_route() {
    const ROW: usize = 104;
    const NEXT_HOP_BYTES: core::ops::Range<usize> = 48..52;
    let mut row = [0_u8; ROW];
    let table = table();
    table.cast::<u8>().add(8).copy_to(row.as_mut_ptr(), ROW);
    FreeMibTable(table);
    row[NEXT_HOP_BYTES].copy_from_slice(&[10, 9, 8, 7]);
    let _ = CreateIpForwardEntry2(row.as_ptr().cast());
    let _ = DeleteIpForwardEntry2(row.as_ptr().cast());
}
