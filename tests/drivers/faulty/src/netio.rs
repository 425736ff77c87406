//! What NETIO.SYS and NDIS.SYS export, as far as rules of it can be broken.

use core::ffi::c_void;

use wdk_sys::{NTSTATUS, PVOID};

/// `AF_UNSPEC`.
pub(crate) const ANY_FAMILY: u16 = 0;

/// `PIPFORWARD_CHANGE_CALLBACK`.
pub(crate) type Callback = unsafe extern "system" fn(context: PVOID, row: PVOID, kind: u32);

unsafe extern "system" {
    pub(crate) fn GetIpForwardTable2(family: u16, table: *mut *mut c_void) -> NTSTATUS;
    pub(crate) fn CreateIpForwardEntry2(row: *const c_void) -> NTSTATUS;
    pub(crate) fn DeleteIpForwardEntry2(row: *const c_void) -> NTSTATUS;
    pub(crate) fn FreeMibTable(table: *mut c_void);
    pub(crate) fn NotifyRouteChange2(
        family: u16,
        callback: Callback,
        context: PVOID,
        initial: u8,
        handle: *mut PVOID,
    ) -> NTSTATUS;
    pub(crate) fn CancelMibChangeNotify2(handle: PVOID) -> NTSTATUS;
    pub(crate) fn PsGetCurrentThread() -> PVOID;
    pub(crate) fn NdisSetThreadObjectCompartmentId(thread: PVOID, compartment: u32) -> NTSTATUS;
}

/// A table of all routes.
pub(crate) unsafe fn table() -> PVOID {
    let mut table = core::ptr::null_mut();
    let _ = GetIpForwardTable2(ANY_FAMILY, &raw mut table);
    table
}

/// Registers `callback`, which is called at once.
pub(crate) unsafe fn watch(callback: Callback) -> PVOID {
    let mut handle = core::ptr::null_mut();
    let context = core::ptr::null_mut();
    let _ = NotifyRouteChange2(ANY_FAMILY, callback, context, 1, &raw mut handle);
    handle
}
