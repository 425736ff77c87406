//! The declarations of `netioapi.h`.
//!
//! `wdk-sys` has no network subset. In the kernel `NETIO_STATUS` is `NTSTATUS`.

use core::ffi::c_void;
use core::mem::offset_of;

use abi::{Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, SockaddrInet};
use wdk_sys::NTSTATUS;

/// `MIB_IPFORWARD_TABLE2`, `MIB_IPINTERFACE_TABLE` and `MIB_UNICASTIPADDRESS_TABLE`: a count and that many rows.
#[repr(C)]
pub(crate) struct MibTableHeader<Row> {
    pub(super) count: u32,
    pub(super) rows: [Row; 0],
}

const _: () = {
    assert!(offset_of!(MibTableHeader<MibIpForwardRow2>, rows) == 8);
    assert!(offset_of!(MibTableHeader<MibIpInterfaceRow>, rows) == 8);
    assert!(offset_of!(MibTableHeader<MibUnicastIpAddressRow>, rows) == 8);
};

unsafe extern "system" {
    pub(super) fn InitializeIpForwardEntry(row: *mut MibIpForwardRow2);
    pub(super) fn CreateIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    pub(super) fn SetIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    pub(super) fn DeleteIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    pub(super) fn GetIpForwardEntry2(row: *mut MibIpForwardRow2) -> NTSTATUS;
    pub(super) fn GetIpForwardTable2(
        family: u16,
        table: *mut *mut MibTableHeader<MibIpForwardRow2>,
    ) -> NTSTATUS;
    pub(super) fn GetBestRoute2(
        interface_luid: *const u64,
        interface_index: u32,
        source_address: *const SockaddrInet,
        destination_address: *const SockaddrInet,
        address_sort_options: u32,
        best_route: *mut MibIpForwardRow2,
        best_source_address: *mut SockaddrInet,
    ) -> NTSTATUS;
    pub(super) fn GetIpInterfaceEntry(row: *mut MibIpInterfaceRow) -> NTSTATUS;
    pub(super) fn SetIpInterfaceEntry(row: *mut MibIpInterfaceRow) -> NTSTATUS;
    pub(super) fn GetIpInterfaceTable(
        family: u16,
        table: *mut *mut MibTableHeader<MibIpInterfaceRow>,
    ) -> NTSTATUS;
    pub(super) fn GetUnicastIpAddressTable(
        family: u16,
        table: *mut *mut MibTableHeader<MibUnicastIpAddressRow>,
    ) -> NTSTATUS;
    pub(super) fn ConvertInterfaceLuidToGuid(luid: *const u64, guid: *mut Guid) -> NTSTATUS;
    pub(super) fn ConvertInterfaceGuidToLuid(guid: *const Guid, luid: *mut u64) -> NTSTATUS;
    pub(super) fn FreeMibTable(memory: *mut c_void);
    pub(super) fn NotifyRouteChange2(
        family: u16,
        callback: unsafe extern "system" fn(*mut c_void, *mut MibIpForwardRow2, i32),
        caller_context: *mut c_void,
        initial_notification: u8,
        notification_handle: *mut *mut c_void,
    ) -> NTSTATUS;
    pub(super) fn NotifyIpInterfaceChange(
        family: u16,
        callback: unsafe extern "system" fn(*mut c_void, *mut MibIpInterfaceRow, i32),
        caller_context: *mut c_void,
        initial_notification: u8,
        notification_handle: *mut *mut c_void,
    ) -> NTSTATUS;
    pub(super) fn NotifyUnicastIpAddressChange(
        family: u16,
        callback: unsafe extern "system" fn(*mut c_void, *mut MibUnicastIpAddressRow, i32),
        caller_context: *mut c_void,
        initial_notification: u8,
        notification_handle: *mut *mut c_void,
    ) -> NTSTATUS;
    pub(super) fn CancelMibChangeNotify2(notification_handle: *mut c_void) -> NTSTATUS;
}
