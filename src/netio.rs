//! Netio.lib: the route functions of `netioapi.h`, as safe functions.
//!
//! `wdk-sys` has no network subset, so they are declared here, with the status type that they have
//! in the kernel (`NETIO_STATUS` is `NTSTATUS` there). The documentation asks for an IRQL below
//! `DISPATCH_LEVEL`, the header for `PASSIVE_LEVEL`; each function here takes the proof of the
//! stricter one.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};
use core::slice;

use abi::{AddressFamily, MibIpForwardRow2, NtStatus};
use wdk_sys::NTSTATUS;

use crate::pool::NonPaged;
use crate::wdf::PassiveLevel;

/// `MIB_IPFORWARD_TABLE2`: a count and that many rows, the first one at offset 8.
#[repr(C)]
struct MibIpForwardTable2 {
    count: u32,
    rows: [MibIpForwardRow2; 0],
}

const _: () = assert!(core::mem::offset_of!(MibIpForwardTable2, rows) == 8);

unsafe extern "system" {
    fn InitializeIpForwardEntry(row: *mut MibIpForwardRow2);
    fn CreateIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    fn DeleteIpForwardEntry2(row: *const MibIpForwardRow2) -> NTSTATUS;
    fn GetIpForwardEntry2(row: *mut MibIpForwardRow2) -> NTSTATUS;
    fn GetIpForwardTable2(family: u16, table: *mut *mut MibIpForwardTable2) -> NTSTATUS;
    fn FreeMibTable(memory: *mut c_void);
}

/// `InitializeIpForwardEntry`: overwrites the row with the stack's defaults.
pub(crate) fn initialize_ip_forward_entry(
    _level: &PassiveLevel<'_>,
    row: &mut NonPaged<MibIpForwardRow2>,
) {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    unsafe { InitializeIpForwardEntry(row.as_mut_ptr()) }
}

/// `CreateIpForwardEntry2`: adds the route. The stack keeps no pointer to the row.
pub(crate) fn create_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { CreateIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `DeleteIpForwardEntry2`: deletes the route with the row's keys.
pub(crate) fn delete_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed for the call, which only reads it; the level is proven by
    // `_level`.
    NtStatus(unsafe { DeleteIpForwardEntry2(row.as_ptr()) }).into_result()
}

/// `GetIpForwardEntry2`: fills in the row of the route with the row's keys.
pub(crate) fn get_ip_forward_entry2(
    _level: &PassiveLevel<'_>,
    row: &mut NonPaged<MibIpForwardRow2>,
) -> Result<(), NtStatus> {
    // SAFETY: the row is borrowed mutably for the call, and any bytes that the stack leaves in it
    // are a row; the level is proven by `_level`.
    NtStatus(unsafe { GetIpForwardEntry2(row.as_mut_ptr()) }).into_result()
}

/// `GetIpForwardTable2`: a snapshot of all routes of a family.
pub(crate) fn get_ip_forward_table2(
    _level: &PassiveLevel<'_>,
    family: AddressFamily,
) -> Result<MibTable, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { GetIpForwardTable2(family.0, &raw mut table) }).into_result()?;
    NonNull::new(table)
        .map(MibTable)
        .ok_or(NtStatus::UNSUCCESSFUL)
}

/// A table that the network stack allocated and nobody else owns.
///
/// Tables live in [`OpenHandle`](crate::handle::OpenHandle)s and in the requests that read them,
/// both of which are reached with a [`PassiveLevel`] only, so that is where they are dropped too.
pub(crate) struct MibTable(NonNull<MibIpForwardTable2>);

// SAFETY: a table is plain memory from nonpaged or paged pool; `FreeMibTable` may be called by
// another thread than the one that asked for the table.
unsafe impl Send for MibTable {}

impl AsRef<[MibIpForwardRow2]> for MibTable {
    fn as_ref(&self) -> &[MibIpForwardRow2] {
        // SAFETY: the stack gave this pointer to a table, which stays until `drop`.
        let count = unsafe { (*self.0.as_ptr()).count };
        // SAFETY: the offset stays within the table.
        let rows = unsafe { &raw const (*self.0.as_ptr()).rows };
        // SAFETY: `count` rows follow (documented layout), they stay until `drop`, nobody writes
        // to them, and any bytes are a row.
        unsafe { slice::from_raw_parts(rows.cast(), count as usize) }
    }
}

impl Drop for MibTable {
    fn drop(&mut self) {
        // SAFETY: the table came from `GetIpForwardTable2` and is freed here only; its owners are
        // dropped at `PASSIVE_LEVEL`, see the type.
        unsafe { FreeMibTable(self.0.as_ptr().cast()) }
    }
}
