//! MIB tables: their owner, and how long they live.

use std::ffi::c_void;
use std::ptr::null_mut;

use nt_kernel::fault::{self, Plan};
use nt_kernel::{pool, resource_tracker};
use nt_netio::vectors;
use nt_types::MibIpForwardRow2;

use super::OK;
use crate::backend::row;
use crate::driver::Netio;

/// `AF_INET`.
const IPV4: u16 = 2;

fn take(netio: &Netio) -> *mut c_void {
    let mut table = null_mut();
    assert_eq!((netio.table)(IPV4, &raw mut table), OK);
    table
}

/// The rows of a table, read the way a driver does: a count, four bytes of padding, rows.
fn rows(table: *const c_void) -> Vec<MibIpForwardRow2> {
    let count: *const u32 = table.cast();
    // SAFETY: a table begins with its count.
    let count = unsafe { count.read() };
    // SAFETY: the rows begin 8 bytes into the table.
    let first: *const MibIpForwardRow2 = unsafe { table.byte_add(8) }.cast();
    (0..count as usize)
        .map(|place| {
            // SAFETY: one of the table's rows.
            let row = unsafe { first.add(place) };
            // SAFETY: as above; rows are aligned to 8.
            unsafe { row.read() }
        })
        .collect()
}

pub(super) fn no_memory(netio: &Netio) {
    fault::arm(Plan::Only(0));
    let mut table = null_mut();
    let status = (netio.table)(IPV4, &raw mut table);
    fault::arm(Plan::Off);
    assert_eq!(status, nt_netio::stack().behaviours().no_memory());
    assert!(resource_tracker::outstanding().is_empty());
    (netio.free_table)(take(netio));
    assert!(resource_tracker::outstanding().is_empty());
}

pub(super) fn freed_twice(netio: &Netio) {
    let table = take(netio);
    (netio.free_table)(table);
    (netio.free_table)(table);
}

pub(super) fn freed_to_the_pool(netio: &Netio) {
    pool::free(take(netio).addr(), None);
}

pub(super) fn never_freed(netio: &Netio) {
    let table = take(netio);
    let left = resource_tracker::outstanding();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].kind, left[0].address), ("MIB table", table.addr()));
}

pub(super) fn stranger_freed(netio: &Netio) {
    let mut stranger = 0_u64;
    (netio.free_table)((&raw mut stranger).cast());
}

pub(super) fn read_after_free(netio: &Netio) {
    let table = take(netio);
    (netio.free_table)(table);
    let _ = rows(table);
}

pub(super) fn read_behind_the_end(netio: &Netio) {
    let table = take(netio);
    let size = 8 + rows(table).len() * size_of::<MibIpForwardRow2>();
    // SAFETY: on purpose not: this is where the table ends, and the machine has to stop.
    let end = unsafe { table.byte_add(size) };
    // SAFETY: as above.
    let _ = unsafe { end.cast::<u8>().read_volatile() };
}

pub(super) fn is_a_snapshot(netio: &Netio) {
    let route = row("R");
    assert_eq!((netio.create_route)(&raw const route), OK);
    let table = take(netio);
    assert_eq!((netio.delete_route)(&raw const route), OK);
    let holds = |table| {
        rows(table)
            .iter()
            .any(|one| vectors::same_keys(one, &route))
    };
    assert!(holds(table), "the old table still shows the route");
    (netio.free_table)(table);
    let table = take(netio);
    assert!(!holds(table), "a new one does not");
    (netio.free_table)(table);
}
