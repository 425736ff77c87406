//! The route table as it was when a page of a declared set began: one call of the stack, instead of one
//! for each entry.
//!
//! It answers for each row once, and only for rows that were in the table. The stack is asked for all
//! others, so that an entry finds a route that an earlier one has written. A change by another program
//! meanwhile is one that could as well have come behind the entry.
//!
//! It lasts as long as the hold of the lease-table lock, so there is one at a time: a table of at most
//! 8,192 rows, and its index of 128 KiB.

use abi::{AddressFamily, MibIpForwardRow2, NtStatus, SockaddrInet};
use allocator_api2::alloc::Global;

use crate::alloc::ChunkedVec;
use crate::route_key::RouteKey;

/// Slots of a bucket. Callers choose the keys, but cannot make a bucket longer.
const BUCKET: usize = 8;

/// The rows of the table that an entry has not asked for yet.
pub(super) struct RouteSnapshot<Table> {
    table: Table,
    /// The places of rows in the table, in buckets by the hash of their keys. The number of buckets is a
    /// power of two. A row that finds its bucket full is left to the stack.
    slots: ChunkedVec<Slot>,
}

/// A slot of a bucket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Free,
    Row(u32),
    /// The row has been given out.
    Taken,
}

impl<Table: AsRef<[MibIpForwardRow2]>> RouteSnapshot<Table> {
    /// Makes the rows of a table findable.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn new(table: Table) -> Result<Self, NtStatus> {
        let rows = table.as_ref();
        let slots = rows.len().saturating_mul(2).max(BUCKET);
        let slots = slots.checked_next_power_of_two();
        let slots = slots.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let mut slots = ChunkedVec::filled(Global, slots, &Slot::Free)?;
        for (place, row) in (0..).zip(rows) {
            let mut bucket = bucket_of(&RouteKey::of(row), &mut slots).iter_mut();
            if let Some(free) = bucket.find(|slot| **slot == Slot::Free) {
                *free = Slot::Row(place);
            }
        }
        Ok(Self { table, slots })
    }

    /// The row of the table with the keys of `row`, once. `None`: ask the stack.
    pub(super) fn take(&mut self, row: &MibIpForwardRow2) -> Option<MibIpForwardRow2> {
        let key = RouteKey::of(row);
        for slot in bucket_of(&key, &mut self.slots) {
            match *slot {
                Slot::Free => break,
                Slot::Taken => {}
                Slot::Row(place) => {
                    let found = self.table.as_ref().get(place as usize)?;
                    if is_route_of(found, row, &key) {
                        *slot = Slot::Taken;
                        return Some(*found);
                    }
                }
            }
        }
        None
    }
}

/// The bucket of a key.
fn bucket_of<'a>(key: &RouteKey, slots: &'a mut ChunkedVec<Slot>) -> &'a mut [Slot] {
    let slot = key.spread() & slots.len().wrapping_sub(BUCKET) as u64;
    let slot = usize::try_from(slot).unwrap_or_default();
    slots.run_mut(slot, BUCKET).unwrap_or_default()
}

/// Whether a row of the table is that of the route which the stack would look for, with `key` for the keys
/// of `row`.
fn is_route_of(found: &MibIpForwardRow2, row: &MibIpForwardRow2, key: &RouteKey) -> bool {
    let luid = match row.interface_luid {
        0 if found.interface_index == row.interface_index => 0,
        0 => return false,
        _ => found.interface_luid,
    };
    RouteKey::on(luid, found) == *key && is_same_hop(&found.next_hop, &row.next_hop)
}

/// Whether a next hop is given in the same way. It may mean the same if it is not.
fn is_same_hop(one: &SockaddrInet, other: &SockaddrInet) -> bool {
    one.family == other.family
        && (one.family() != AddressFamily::IPV6 || one.scope_id == other.scope_id)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::test_driver::ROUTE;

    fn to(prefix: [u8; 4], length: u8) -> MibIpForwardRow2 {
        let mut row = ROUTE;
        row.destination_prefix.prefix.ipv4_or_flow = prefix;
        row.destination_prefix.prefix_length = length;
        row.interface_luid = 70;
        row
    }

    fn snapshot(rows: &[MibIpForwardRow2]) -> RouteSnapshot<Vec<MibIpForwardRow2>> {
        RouteSnapshot::new(rows.to_vec()).unwrap()
    }

    #[test]
    fn each_row_is_found_once() {
        let rows = [to([10, 0, 0, 0], 8), to([10, 0, 0, 0], 16), to([0; 4], 0)];
        let mut snapshot = snapshot(&rows);
        for row in rows {
            assert_eq!(snapshot.take(&row), Some(row));
            assert_eq!(snapshot.take(&row), None);
        }
        assert_eq!(snapshot.take(&to([10, 0, 0, 0], 24)), None);
    }

    #[test]
    fn no_row_is_found_in_an_empty_table() {
        assert_eq!(snapshot(&[]).take(&to([10, 0, 0, 0], 8)), None);
    }

    #[test]
    fn an_interface_is_named_by_its_luid_or_else_by_its_index() {
        let row = to([10, 0, 0, 0], 8);
        let named = |interface_luid, interface_index| MibIpForwardRow2 {
            interface_luid,
            interface_index,
            ..row
        };
        for (wanted, is_found) in [
            (named(70, 0), true),
            (named(70, 9), true),
            (named(0, 7), true),
            (named(0, 9), false),
            (named(71, 7), false),
        ] {
            let found = snapshot(&[row]).take(&wanted);
            assert_eq!(found.is_some(), is_found, "{wanted:?}");
        }
    }

    #[test]
    fn a_next_hop_that_is_given_otherwise_is_for_the_stack() {
        let mut row = to([10, 0, 0, 0], 8);
        let mut bare = row;
        bare.next_hop.family = 0;
        assert_eq!(snapshot(&[row]).take(&bare), None);

        row.next_hop = SockaddrInet::from("fe80::1".parse::<core::net::IpAddr>().unwrap());
        let mut scoped = row;
        scoped.next_hop.scope_id = 7;
        assert_eq!(snapshot(&[row]).take(&row), Some(row));
        assert_eq!(snapshot(&[row]).take(&scoped), None);
    }

    /// A row that finds no slot costs a call of the stack.
    #[test]
    fn nearly_all_rows_of_a_large_table_are_found() {
        let patterns: [fn(u32) -> [u8; 4]; 4] = [
            |number| number.to_be_bytes(),
            |number| (number << 8).to_be_bytes(),
            |number| (number << 16).to_be_bytes(),
            |number| number.wrapping_mul(0x9E37_79B1).to_be_bytes(),
        ];
        for pattern in patterns {
            let rows: Vec<_> = (0..4_096).map(|number| to(pattern(number), 32)).collect();
            let mut snapshot = snapshot(&rows);
            let found = rows.iter().filter(|row| snapshot.take(row).is_some());
            let found = found.count();
            assert!(found > 4_000, "{found}");
        }
    }

    #[test]
    fn rows_of_one_hash_are_found_or_left_to_the_stack() {
        let rows: Vec<_> = (0..100)
            .map(|luid| MibIpForwardRow2 {
                interface_luid: luid + 1,
                ..to([10, 0, 0, 0], 8)
            })
            .collect();
        let mut snapshot = snapshot(&rows);
        let found = rows
            .iter()
            .filter_map(|row| Some(snapshot.take(row)? == *row));
        assert_eq!(found.collect::<Vec<_>>(), [true; BUCKET]);
    }
}
