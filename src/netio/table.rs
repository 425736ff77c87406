//! Tables of routes, interfaces and addresses.

use core::ptr::{NonNull, null_mut};
use core::slice;

use abi::{AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus};
use engine::Loss;

use super::sys;
pub(crate) use super::sys::MibTableHeader;
use crate::report::report;
use crate::wdf::PassiveLevel;

/// `GetIpForwardTable2`: a snapshot of all routes of a family.
pub(crate) fn get_ip_forward_table2(
    _level: &PassiveLevel,
    family: AddressFamily,
) -> Result<MibTable<MibIpForwardRow2>, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { sys::GetIpForwardTable2(family.0, &raw mut table) }).into_result()?;
    MibTable::from_stack(table)
}

/// `GetIpInterfaceTable`: a snapshot of all interfaces of a family.
pub(crate) fn get_ip_interface_table(
    _level: &PassiveLevel,
    family: AddressFamily,
) -> Result<MibTable<MibIpInterfaceRow>, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { sys::GetIpInterfaceTable(family.0, &raw mut table) }).into_result()?;
    MibTable::from_stack(table)
}

/// `GetUnicastIpAddressTable`: a snapshot of all unicast addresses of a family.
pub(crate) fn get_unicast_ip_address_table(
    _level: &PassiveLevel,
    family: AddressFamily,
) -> Result<MibTable<MibUnicastIpAddressRow>, NtStatus> {
    let mut table = null_mut();
    // SAFETY: `table` is a local that outlives the call; the level is proven by `_level`.
    NtStatus(unsafe { sys::GetUnicastIpAddressTable(family.0, &raw mut table) }).into_result()?;
    MibTable::from_stack(table)
}

/// `FreeMibTable`.
///
/// # Safety
///
/// The table came from the stack. It is neither used nor freed afterwards.
pub(crate) unsafe fn free_mib_table<Row>(
    _level: &PassiveLevel,
    table: NonNull<MibTableHeader<Row>>,
) {
    // SAFETY: the caller's promise; the level is proven by `_level`.
    unsafe { sys::FreeMibTable(table.as_ptr().cast()) }
}

/// A table that the network stack allocated.
///
/// A handle keeps tables from one request to the next, so that no proof of the level can be lent
/// for as long as they live: the drop proves the level anew.
pub(crate) struct MibTable<Row>(NonNull<MibTableHeader<Row>>);

// SAFETY: a table is plain memory; `FreeMibTable` may be called by another thread than the one
// that asked for the table.
unsafe impl<Row: Send> Send for MibTable<Row> {}

impl<Row> MibTable<Row> {
    /// Takes the table that a successful call left in its out pointer.
    fn from_stack(table: *mut MibTableHeader<Row>) -> Result<Self, NtStatus> {
        NonNull::new(table).map(Self).ok_or(NtStatus::UNSUCCESSFUL)
    }
}

impl<Row> AsRef<[Row]> for MibTable<Row> {
    fn as_ref(&self) -> &[Row] {
        // SAFETY: the stack gave this pointer to a table, which stays until `drop`.
        let count = unsafe { (*self.0.as_ptr()).count };
        // SAFETY: the offset stays within the table.
        let rows = unsafe { &raw const (*self.0.as_ptr()).rows };
        // SAFETY: `count` rows follow (documented layout), they stay until `drop`, no thread writes
        // to them, and any bytes are a row.
        unsafe { slice::from_raw_parts(rows.cast(), count as usize) }
    }
}

impl<Row> Drop for MibTable<Row> {
    fn drop(&mut self) {
        let freed = PassiveLevel::prove(|level| {
            // SAFETY: the table came from the stack, and its owner is dropped.
            unsafe { free_mib_table(level, self.0) };
            Ok(())
        });
        if freed.is_err() {
            // A table that is not freed is a leak; one that is freed at a wrong level is a crash.
            report(&Loss::TableLeaked);
        }
    }
}
