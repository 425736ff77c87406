//! Changes that a handle made and whose notifications are still pending.
//!
//! The stack notifies later, in another thread, and a notification does not name the program that
//! made the change. Therefore the driver records each change before it makes it, and matches the
//! notification by its keys. The table is bounded: the driver reports a change that the table has
//! dropped as another program's, which is safe, because a reader only applies its own change a
//! second time then.

use abi::{MibIpForwardRow2, NtStatus};

use super::event::Change;
use crate::alloc::chunked_vec::CHUNK;
use crate::alloc::{ChunkedVec, ResidentMemory};
use crate::handle_id::HandleId;
use crate::route_key::RouteKey;
use crate::time::{KernelTime, Ticks};

/// Slots of one set. A change is in one of the slots of its set.
const WAYS: usize = 8;

// A set lies in one chunk.
const _: () = assert!(CHUNK.is_multiple_of(WAYS));

/// Number of sets.
const SETS: usize = 1_024;

/// How long a notification may take.
const LATE: Ticks = Ticks::from_millis(5_000);

/// Recorded changes.
#[derive(Debug)]
pub(crate) struct PendingChanges {
    slots: ChunkedVec<Option<PendingChange>, ResidentMemory>,
}

/// One recorded change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PendingChange {
    key: ChangeKey,
    handle: HandleId,
    recorded_at: KernelTime,
}

impl PendingChange {
    const fn recorded_at(&self) -> KernelTime {
        self.recorded_at
    }
}

/// What a change and its notification have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeKey {
    /// Hash of prefix and next hop.
    route: u64,
    /// The interface, by LUID if it was given, else by index.
    luid: u64,
    index: u32,
    change: Change,
}

impl ChangeKey {
    /// The key of a change of a row.
    pub(crate) fn of(row: &MibIpForwardRow2, change: Change) -> Self {
        Self {
            route: hash(&RouteKey::of(row)),
            luid: row.interface_luid,
            // The LUID identifies the interface, if the caller named it.
            index: if row.interface_luid == 0 {
                row.interface_index
            } else {
                0
            },
            change,
        }
    }
}

/// Hash of prefix and next hop.
fn hash(key: &RouteKey) -> u64 {
    const SEED: u64 = 0;
    key.anywhere().hash(SEED)
}

impl PendingChanges {
    pub(super) fn new(memory: ResidentMemory) -> Result<Self, NtStatus> {
        let slots = ChunkedVec::filled(memory, SETS.saturating_mul(WAYS), &None)?;
        Ok(Self { slots })
    }

    /// Records a change that a handle is about to make. The oldest change of its set makes room.
    pub(super) fn record(&mut self, handle: HandleId, key: ChangeKey, now: KernelTime) {
        let oldest = self
            .set(key.route)
            .iter_mut()
            .min_by_key(|slot| slot.as_ref().map(PendingChange::recorded_at));
        if let Some(slot) = oldest {
            *slot = Some(PendingChange {
                key,
                handle,
                recorded_at: now,
            });
        }
    }

    /// Cancels a change that the stack refused. Returns whether it was still recorded.
    pub(super) fn cancel(&mut self, handle: HandleId, key: ChangeKey) -> bool {
        let is_it = |pending: &PendingChange| pending.handle == handle && pending.key == key;
        let newest = self
            .set(key.route)
            .iter_mut()
            .filter(|slot| slot.as_ref().is_some_and(is_it))
            .max_by_key(|slot| slot.as_ref().map(PendingChange::recorded_at));
        newest.and_then(Option::take).is_some()
    }

    /// Matches a notification with a recorded change. Returns the handle that made the change.
    pub(super) fn match_notification(
        &mut self,
        key: &RouteKey,
        index: u32,
        change: Change,
        now: KernelTime,
    ) -> Option<HandleId> {
        let route = hash(key);
        let is_it = |recorded: &ChangeKey| {
            let same_interface = if recorded.luid == 0 {
                recorded.index == index
            } else {
                recorded.luid == key.luid()
            };
            recorded.route == route && recorded.change == change && same_interface
        };
        let is_due =
            |pending: &PendingChange| is_it(&pending.key) && now.since(pending.recorded_at) <= LATE;
        let oldest = self
            .set(route)
            .iter_mut()
            .filter(|slot| slot.as_ref().is_some_and(is_due))
            .min_by_key(|slot| slot.as_ref().map(PendingChange::recorded_at));
        oldest.and_then(Option::take).map(|pending| pending.handle)
    }

    /// The slots of a route's set.
    fn set(&mut self, route: u64) -> &mut [Option<PendingChange>] {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low bits of a hash are a hash"
        )]
        let first = (route as usize % SETS).saturating_mul(WAYS);
        self.slots.run_mut(first, WAYS).unwrap_or_default()
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
        let key = ChangeKey::of(&ROUTE, Change::Added);
        changes.record(HandleId::numbered(handle), key, at(milliseconds));
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
        let key = ChangeKey::of(&test_driver::ROUTE, Change::Added);
        changes.record(HandleId::numbered(5), key, at(1));
        assert_eq!(matched(&mut changes, Change::Added, 1), Some(5));
    }

    #[test]
    fn a_refused_or_late_change_does_not_match() {
        let mut changes = PendingChanges::new(TEST_MEMORY).unwrap();
        added(&mut changes, 5, 1);
        let key = ChangeKey::of(&ROUTE, Change::Added);
        assert!(changes.cancel(HandleId::numbered(5), key));
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
