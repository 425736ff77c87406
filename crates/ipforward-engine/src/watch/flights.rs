//! Changes on their way: made by a handle, and not yet notified.
//!
//! The stack notifies later, in another thread, and does not say who made a change. So each change
//! is written down before it is made and found again by its keys when its notification comes. The
//! table is bounded: what it forgets is told as made by somebody else, which is always safe to
//! believe.

use abi::{MibIpForwardRow2, NtStatus};

use super::Change;
use crate::key::Key;
use crate::memory::Chunks;

/// Places that a change may be in: its set.
const WAYS: usize = 8;

/// Sets.
const SETS: usize = 1_024;

/// How long a notification may take, in ticks of 100 ns: 5 s.
const LATE: u64 = 50_000_000;

/// Changes on their way.
#[derive(Debug)]
pub(crate) struct Flights {
    places: Chunks<Option<Flight>>,
    seed: u64,
}

/// One change on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flight {
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

impl Flights {
    pub(super) fn new() -> Result<Self, NtStatus> {
        let mut places = Chunks::new();
        for _ in 0..SETS.saturating_mul(WAYS) {
            places.push(None)?;
        }
        Ok(Self { places, seed: 0 })
    }

    /// A handle is about to make a change.
    pub(super) fn take_off(
        &mut self,
        handle: u64,
        row: &MibIpForwardRow2,
        change: Change,
        now: u64,
    ) {
        let flight = self.flight(handle, row, change, now);
        // The oldest of the set gives way.
        let place = Self::set(flight.route)
            .min_by_key(|place| self.at(*place).map_or(0, |flight| flight.at.max(1)));
        if let Some(place) = place.and_then(|place| self.places.get_mut(place)) {
            *place = Some(flight);
        }
    }

    /// The change was refused. Answers whether it was still on its way.
    pub(super) fn call_off(&mut self, handle: u64, row: &MibIpForwardRow2, change: Change) -> bool {
        let flight = self.flight(handle, row, change, 0);
        let place = Self::set(flight.route)
            .filter(|place| {
                self.at(*place)
                    .is_some_and(|other| Flight { at: 0, ..other } == flight)
            })
            .max_by_key(|place| self.at(*place).map(|flight| flight.at));
        self.clear(place);
        place.is_some()
    }

    /// The notification of a change has come: who made it, if that is known.
    pub(super) fn land(&mut self, key: &Key, index: u32, change: Change, now: u64) -> Option<u64> {
        let route = key.anywhere().hash(self.seed);
        let is_it = |flight: &Flight| {
            let same_interface = if flight.luid == 0 {
                flight.index == index
            } else {
                flight.luid == key.luid()
            };
            flight.route == route && same_interface
        };
        let place = Self::set(route)
            .filter(|place| {
                self.at(*place).is_some_and(|flight| {
                    is_it(&flight)
                        && flight.change == change
                        && now.saturating_sub(flight.at) <= LATE
                })
            })
            .min_by_key(|place| self.at(*place).map(|flight| flight.at));
        let found = place.and_then(|place| self.at(place));
        self.clear(place);
        found.map(|flight| flight.handle)
    }

    fn flight(&self, handle: u64, row: &MibIpForwardRow2, change: Change, at: u64) -> Flight {
        Flight {
            route: Key::of(row).anywhere().hash(self.seed),
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

    fn at(&self, place: usize) -> Option<Flight> {
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

    fn land(flights: &mut Flights, change: Change, now: u64) -> Option<u64> {
        flights.land(&Key::of(&ROUTE), 7, change, now)
    }

    #[test]
    fn a_change_lands_once_with_the_one_who_made_it() {
        let mut flights = Flights::new().unwrap();
        flights.take_off(5, &ROUTE, Change::Added, 1);
        assert_eq!(land(&mut flights, Change::Removed, 2), None);
        assert_eq!(land(&mut flights, Change::Added, 2), Some(5));
        assert_eq!(land(&mut flights, Change::Added, 2), None);
    }

    #[test]
    fn changes_of_one_route_land_in_their_order() {
        let mut flights = Flights::new().unwrap();
        flights.take_off(5, &ROUTE, Change::Added, 1);
        flights.take_off(6, &ROUTE, Change::Added, 2);
        assert_eq!(land(&mut flights, Change::Added, 3), Some(5));
        assert_eq!(land(&mut flights, Change::Added, 3), Some(6));
    }

    #[test]
    fn a_change_that_names_its_interface_by_index_lands_too() {
        let mut flights = Flights::new().unwrap();
        flights.take_off(5, &TestStack::ROUTE, Change::Added, 1);
        assert_eq!(land(&mut flights, Change::Added, 1), Some(5));
    }

    #[test]
    fn what_was_refused_or_is_late_does_not_land() {
        let mut flights = Flights::new().unwrap();
        flights.take_off(5, &ROUTE, Change::Added, 1);
        flights.call_off(5, &ROUTE, Change::Added);
        assert_eq!(land(&mut flights, Change::Added, 1), None);
        flights.take_off(5, &ROUTE, Change::Added, 1);
        assert_eq!(land(&mut flights, Change::Added, LATE + 2), None);
    }

    #[test]
    fn a_full_set_forgets_its_oldest_change() {
        let mut flights = Flights::new().unwrap();
        for handle in 1..=9 {
            flights.take_off(handle, &ROUTE, Change::Added, handle);
        }
        assert_eq!(land(&mut flights, Change::Added, 9), Some(2));
    }
}
