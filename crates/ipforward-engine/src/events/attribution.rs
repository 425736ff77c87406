//! Changes that a handle made and whose notifications are still pending.
//!
//! The stack notifies later, in another thread, and a notification does not name the program that
//! made the change. Therefore the driver records each change before it makes it, and matches the
//! notification by its keys. The table is bounded: the driver reports a change that the table has
//! dropped as another program's, which is safe, because a reader only applies its own change a
//! second time then.

use abi::{MibIpForwardRow2, NtStatus};

use super::event::Change;
use crate::alloc::{ChunkedVec, ResidentMemory};
use crate::handle_id::HandleId;
use crate::route_key::RouteKey;
use crate::time::{KernelTime, Ticks};

/// Slots of one set. A change is in one of the slots of its set.
const WAYS: usize = 8;

/// Number of sets.
const SETS: usize = 1_024;

/// How long a notification may take.
const LATE: Ticks = Ticks::from_millis(5_000);

/// Recorded changes.
#[derive(Debug)]
pub(crate) struct PendingChanges {
    slots: ChunkedVec<Option<PendingChange>, ResidentMemory>,
    seed: u64,
}

/// One recorded change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PendingChange {
    /// Hash of prefix and next hop.
    route: u64,
    /// The interface, by LUID if it was given, else by index.
    luid: u64,
    index: u32,
    change: Change,
    handle: HandleId,
    recorded_at: KernelTime,
}

impl PendingChanges {
    pub(super) fn new(memory: ResidentMemory) -> Result<Self, NtStatus> {
        let mut slots = ChunkedVec::new_in(memory);
        for _ in 0..SETS.saturating_mul(WAYS) {
            slots.push(None)?;
        }
        Ok(Self { slots, seed: 0 })
    }

    /// Records a change that a handle is about to make. The oldest change of its set makes room.
    pub(super) fn record(
        &mut self,
        handle: HandleId,
        row: &MibIpForwardRow2,
        change: Change,
        now: KernelTime,
    ) {
        let pending = self.pending(handle, row, change, now);
        let slot = Self::set(pending.route)
            .min_by_key(|slot| self.at(*slot).map(|pending| pending.recorded_at));
        if let Some(slot) = slot.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = Some(pending);
        }
    }

    /// Cancels a change that the stack refused. Returns whether it was still recorded.
    pub(super) fn cancel(
        &mut self,
        handle: HandleId,
        row: &MibIpForwardRow2,
        change: Change,
    ) -> bool {
        let pending = self.pending(handle, row, change, KernelTime::default());
        let slot = Self::set(pending.route)
            .filter(|slot| {
                self.at(*slot).is_some_and(|other| {
                    PendingChange {
                        recorded_at: pending.recorded_at,
                        ..other
                    } == pending
                })
            })
            .max_by_key(|slot| self.at(*slot).map(|pending| pending.recorded_at));
        self.clear(slot);
        slot.is_some()
    }

    /// Matches a notification with a recorded change. Returns the handle that made the change.
    pub(super) fn match_notification(
        &mut self,
        key: &RouteKey,
        index: u32,
        change: Change,
        now: KernelTime,
    ) -> Option<HandleId> {
        let route = key.anywhere().hash(self.seed);
        let is_it = |pending: &PendingChange| {
            let same_interface = if pending.luid == 0 {
                pending.index == index
            } else {
                pending.luid == key.luid()
            };
            pending.route == route && same_interface
        };
        let slot = Self::set(route)
            .filter(|slot| {
                self.at(*slot).is_some_and(|pending| {
                    is_it(&pending)
                        && pending.change == change
                        && now.since(pending.recorded_at) <= LATE
                })
            })
            .min_by_key(|slot| self.at(*slot).map(|pending| pending.recorded_at));
        let found = slot.and_then(|slot| self.at(slot));
        self.clear(slot);
        found.map(|pending| pending.handle)
    }

    fn pending(
        &self,
        handle: HandleId,
        row: &MibIpForwardRow2,
        change: Change,
        recorded_at: KernelTime,
    ) -> PendingChange {
        PendingChange {
            route: RouteKey::of(row).anywhere().hash(self.seed),
            luid: row.interface_luid,
            // The LUID identifies the interface, if the caller named it.
            index: if row.interface_luid == 0 {
                row.interface_index
            } else {
                0
            },
            change,
            handle,
            recorded_at,
        }
    }

    /// The slots of a route's set.
    fn set(route: u64) -> impl Iterator<Item = usize> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low bits of a hash are a hash"
        )]
        let first = (route as usize % SETS).saturating_mul(WAYS);
        first..first.saturating_add(WAYS)
    }

    fn at(&self, slot: usize) -> Option<PendingChange> {
        self.slots.get(slot).copied().flatten()
    }

    fn clear(&mut self, slot: Option<usize>) {
        if let Some(slot) = slot.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloc::TEST_MEMORY;
    use crate::test_driver;

    const ROUTE: MibIpForwardRow2 = MibIpForwardRow2 {
        interface_luid: 77,
        ..test_driver::ROUTE
    };

    fn at(milliseconds: u64) -> KernelTime {
        KernelTime::default().after(Ticks::from_millis(milliseconds))
    }

    fn added(changes: &mut PendingChanges, handle: u64, milliseconds: u64) {
        let handle = HandleId::numbered(handle);
        changes.record(handle, &ROUTE, Change::Added, at(milliseconds));
    }

    /// The number of the handle whose change matches.
    fn matched(changes: &mut PendingChanges, change: Change, milliseconds: u64) -> Option<u64> {
        changes
            .match_notification(&RouteKey::of(&ROUTE), 7, change, at(milliseconds))
            .map(HandleId::number)
    }

    #[test]
    fn a_change_matches_one_notification() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        added(&mut changes, 5, 1);
        assert_eq!(matched(&mut changes, Change::Removed, 2), None);
        assert_eq!(matched(&mut changes, Change::Added, 2), Some(5));
        assert_eq!(matched(&mut changes, Change::Added, 2), None);
    }

    #[test]
    fn changes_of_one_route_match_in_their_order() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        added(&mut changes, 5, 1);
        added(&mut changes, 6, 2);
        assert_eq!(matched(&mut changes, Change::Added, 3), Some(5));
        assert_eq!(matched(&mut changes, Change::Added, 3), Some(6));
    }

    #[test]
    fn a_change_that_names_its_interface_by_index_matches() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        let handle = HandleId::numbered(5);
        changes.record(handle, &test_driver::ROUTE, Change::Added, at(1));
        assert_eq!(matched(&mut changes, Change::Added, 1), Some(5));
    }

    #[test]
    fn a_refused_or_late_change_does_not_match() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        added(&mut changes, 5, 1);
        assert!(changes.cancel(HandleId::numbered(5), &ROUTE, Change::Added));
        assert_eq!(matched(&mut changes, Change::Added, 1), None);
        added(&mut changes, 5, 1);
        assert_eq!(matched(&mut changes, Change::Added, 5_002), None);
    }

    #[test]
    fn a_full_set_drops_its_oldest_change() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        for handle in 1..=9 {
            added(&mut changes, handle, handle);
        }
        assert_eq!(matched(&mut changes, Change::Added, 9), Some(2));
    }
}
