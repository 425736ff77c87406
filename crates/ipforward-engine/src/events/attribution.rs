//! Changes on their way: made by a handle, and not yet notified.
//!
//! The stack notifies later, in another thread, and does not say who made a change. So each change
//! is written down before it is made and found again by its keys when its notification comes. The
//! table is bounded: what it forgets is told as made by somebody else, which is always safe to
//! believe.

use abi::{MibIpForwardRow2, NtStatus};

use super::Change;
use crate::alloc::ChunkedVec;
use crate::route_key::RouteKey;

/// Places that a change may be in: its set.
const WAYS: usize = 8;

/// Sets.
const SETS: usize = 1_024;

/// How long a notification may take, in ticks of 100 ns: 5 s.
const LATE: u64 = 50_000_000;

/// Changes on their way.
#[derive(Debug)]
pub(crate) struct PendingChanges {
    places: ChunkedVec<Option<PendingChange>>,
    seed: u64,
}

/// One change on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PendingChange {
    /// Hash of prefix and next hop.
    route: u64,
    /// The interface, by LUID if it was given, else by index.
    luid: u64,
    index: u32,
    change: Change,
    handle: u64,
    /// When it was made.
    at: u64,
}

impl PendingChanges {
    pub(super) fn new() -> Result<Self, NtStatus> {
        let mut places = ChunkedVec::new();
        for _ in 0..SETS.saturating_mul(WAYS) {
            places.push(None)?;
        }
        Ok(Self { places, seed: 0 })
    }

    /// A handle is about to make a change.
    pub(super) fn record(&mut self, handle: u64, row: &MibIpForwardRow2, change: Change, now: u64) {
        let pending = self.pending(handle, row, change, now);
        // The oldest of the set gives way.
        let place = Self::set(pending.route)
            .min_by_key(|place| self.at(*place).map_or(0, |pending| pending.at.max(1)));
        if let Some(place) = place.and_then(|place| self.places.get_mut(place)) {
            *place = Some(pending);
        }
    }

    /// The change was refused. Answers whether it was still on its way.
    pub(super) fn cancel(&mut self, handle: u64, row: &MibIpForwardRow2, change: Change) -> bool {
        let pending = self.pending(handle, row, change, 0);
        let place = Self::set(pending.route)
            .filter(|place| {
                self.at(*place)
                    .is_some_and(|other| PendingChange { at: 0, ..other } == pending)
            })
            .max_by_key(|place| self.at(*place).map(|pending| pending.at));
        self.clear(place);
        place.is_some()
    }

    /// The notification of a change has come: who made it, if that is known.
    pub(super) fn match_notification(
        &mut self,
        key: &RouteKey,
        index: u32,
        change: Change,
        now: u64,
    ) -> Option<u64> {
        let route = key.anywhere().hash(self.seed);
        let is_it = |pending: &PendingChange| {
            let same_interface = if pending.luid == 0 {
                pending.index == index
            } else {
                pending.luid == key.luid()
            };
            pending.route == route && same_interface
        };
        let place = Self::set(route)
            .filter(|place| {
                self.at(*place).is_some_and(|pending| {
                    is_it(&pending)
                        && pending.change == change
                        && now.saturating_sub(pending.at) <= LATE
                })
            })
            .min_by_key(|place| self.at(*place).map(|pending| pending.at));
        let found = place.and_then(|place| self.at(place));
        self.clear(place);
        found.map(|pending| pending.handle)
    }

    fn pending(
        &self,
        handle: u64,
        row: &MibIpForwardRow2,
        change: Change,
        at: u64,
    ) -> PendingChange {
        PendingChange {
            route: RouteKey::of(row).anywhere().hash(self.seed),
            luid: row.interface_luid,
            // A LUID is stronger.
            index: if row.interface_luid == 0 {
                row.interface_index
            } else {
                0
            },
            change,
            handle,
            at,
        }
    }

    /// The places of a route's set.
    fn set(route: u64) -> impl Iterator<Item = usize> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low bits of a hash are a hash"
        )]
        let first = (route as usize % SETS).saturating_mul(WAYS);
        first..first.saturating_add(WAYS)
    }

    fn at(&self, place: usize) -> Option<PendingChange> {
        self.places.get(place).copied().flatten()
    }

    fn clear(&mut self, place: Option<usize>) {
        if let Some(place) = place.and_then(|place| self.places.get_mut(place)) {
            *place = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_stack::TestStack;

    const ROUTE: MibIpForwardRow2 = MibIpForwardRow2 {
        interface_luid: 77,
        ..TestStack::ROUTE
    };

    fn match_notification(changes: &mut PendingChanges, change: Change, now: u64) -> Option<u64> {
        changes.match_notification(&RouteKey::of(&ROUTE), 7, change, now)
    }

    #[test]
    fn a_change_lands_once_with_the_one_who_made_it() {
        let mut changes = PendingChanges::new().unwrap();
        changes.record(5, &ROUTE, Change::Added, 1);
        assert_eq!(match_notification(&mut changes, Change::Removed, 2), None);
        assert_eq!(match_notification(&mut changes, Change::Added, 2), Some(5));
        assert_eq!(match_notification(&mut changes, Change::Added, 2), None);
    }

    #[test]
    fn changes_of_one_route_land_in_their_order() {
        let mut changes = PendingChanges::new().unwrap();
        changes.record(5, &ROUTE, Change::Added, 1);
        changes.record(6, &ROUTE, Change::Added, 2);
        assert_eq!(match_notification(&mut changes, Change::Added, 3), Some(5));
        assert_eq!(match_notification(&mut changes, Change::Added, 3), Some(6));
    }

    #[test]
    fn a_change_that_names_its_interface_by_index_lands_too() {
        let mut changes = PendingChanges::new().unwrap();
        changes.record(5, &TestStack::ROUTE, Change::Added, 1);
        assert_eq!(match_notification(&mut changes, Change::Added, 1), Some(5));
    }

    #[test]
    fn what_was_refused_or_is_late_does_not_land() {
        let mut changes = PendingChanges::new().unwrap();
        changes.record(5, &ROUTE, Change::Added, 1);
        changes.cancel(5, &ROUTE, Change::Added);
        assert_eq!(match_notification(&mut changes, Change::Added, 1), None);
        changes.record(5, &ROUTE, Change::Added, 1);
        assert_eq!(
            match_notification(&mut changes, Change::Added, LATE + 2),
            None
        );
    }

    #[test]
    fn a_full_set_forgets_its_oldest_change() {
        let mut changes = PendingChanges::new().unwrap();
        for handle in 1..=9 {
            changes.record(handle, &ROUTE, Change::Added, handle);
        }
        assert_eq!(match_notification(&mut changes, Change::Added, 9), Some(2));
    }
}
