//! A ring of events: bounded, so that the oldest events make room for the newest and are counted.

use abi::NtStatus;

use super::event::{LoggedEvent, WatchedEvent};
use crate::alloc::{ChunkedVec, ResidentMemory};

/// How many of the newest events are searched for an equal one.
const SEARCHED_FOR_EQUAL: usize = 16;

/// Events in the order in which the stack notified them.
#[derive(Debug)]
pub(crate) struct EventRing {
    slots: ChunkedVec<LoggedEvent, ResidentMemory>,
    /// Index of the oldest event, and number of events.
    start: usize,
    count: usize,
    /// Number of events that were lost.
    lost: u64,
    /// Sequence number of the newest lost event that is not acknowledged, or 0.
    lost_to: u64,
    /// The highest sequence number that a reader has acknowledged.
    acknowledged: u64,
}

impl EventRing {
    /// A ring with room for so many events, all allocated at once.
    pub(super) fn new(memory: ResidentMemory, capacity: u32) -> Result<Self, NtStatus> {
        let slots = ChunkedVec::filled(memory, capacity as usize, &LoggedEvent::default())?;
        Ok(Self {
            slots,
            start: 0,
            count: 0,
            lost: 0,
            lost_to: 0,
            acknowledged: 0,
        })
    }

    /// Adds an event. Returns true if the ring begins to lose events: it is full, and its reader has
    /// learned of all earlier losses.
    pub(super) fn push(&mut self, event: LoggedEvent) -> bool {
        let is_full = self.count == self.slots.len();
        let begins_to_lose = is_full && self.lost_to == 0;
        if is_full {
            let oldest = self.nth(0).sequence;
            self.drop_oldest();
            self.lose(oldest);
        }
        let index = self.index(self.count);
        if let Some(place) = self.slots.get_mut(index) {
            *place = event;
            self.count = self.count.saturating_add(1);
        }
        begins_to_lose
    }

    /// Adds an event of an interface, and removes an equal one from the newest events: a reader that
    /// has not read that one needs only the new one, and a reader that has read it needs the new one
    /// too. Returns what [`push`](Self::push) returns.
    pub(super) fn push_in_place_of_equal(&mut self, event: LoggedEvent) -> bool {
        let is_equal = |kept: LoggedEvent| (kept.kind, kept.key) == (event.kind, event.key);
        let equal = (0..self.count)
            .rev()
            .take(SEARCHED_FOR_EQUAL)
            .find(|place| is_equal(self.nth(*place)));
        if let Some(equal) = equal {
            self.remove(equal);
        }
        self.push(event)
    }

    /// Number of events in the ring.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Records that events up to this number are lost.
    pub(super) fn lose(&mut self, sequence: u64) {
        self.lost = self.lost.saturating_add(1);
        self.lost_to = sequence;
    }

    /// Removes all events, and forgets which ones are lost.
    pub(super) const fn clear(&mut self) {
        (self.count, self.lost_to) = (0, 0);
    }

    /// Number of events that were lost.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Removes events up to this number, which a reader knows.
    pub(super) fn acknowledge(&mut self, sequence: u64) {
        self.acknowledged = self.acknowledged.max(sequence);
        while self.count > 0 && self.nth(0).sequence <= sequence {
            self.drop_oldest();
        }
        if self.lost_to <= sequence {
            self.lost_to = 0;
        }
    }

    /// Copies events after this number, as many as there is room for. A resync comes first if
    /// events are lost, or if another reader acknowledged events that this one does not know. A
    /// reader that asks for all events, after 0, gets only the events that are kept.
    pub(super) fn copy(&self, after: u64, events: &mut [LoggedEvent]) -> usize {
        let lost = LoggedEvent::resync(self.lost_before(after));
        let kept = (0..self.count).map(|index| self.nth(index));
        let all = core::iter::once(lost).chain(kept);
        let mut count = 0_usize;
        for (event, room) in all.filter(|event| event.sequence > after).zip(events) {
            *room = event;
            count = count.saturating_add(1);
        }
        count
    }

    /// Whether [`copy`](Self::copy) has something for a reader. Takes the same few steps for every
    /// ring.
    pub(super) fn has_after(&self, after: u64) -> bool {
        let newest = self.count.checked_sub(1).map(|last| self.nth(last));
        self.lost_before(after) > after || newest.is_some_and(|newest| newest.sequence > after)
    }

    /// The number up to which a reader that knows the events up to `after` has lost events, or 0.
    fn lost_before(&self, after: u64) -> u64 {
        let behind = after != 0 && after < self.acknowledged;
        let given_up = if behind { self.acknowledged } else { 0 };
        self.lost_to.max(given_up)
    }

    /// Whether the ring has a later notification of the same route.
    pub(super) fn has_later(&self, event: &LoggedEvent) -> bool {
        let is_later = |kept: &LoggedEvent| {
            matches!(kept.kind, WatchedEvent::Route(_)) && kept.key == event.key
        };
        (0..self.count)
            .rev()
            .map(|index| self.nth(index))
            .take_while(|kept| kept.sequence > event.sequence)
            .any(|kept| is_later(&kept))
    }

    /// Takes the oldest events out. Returns how many, and whether some were lost before them.
    pub(super) fn drain(&mut self, events: &mut [LoggedEvent]) -> (usize, bool) {
        let lost = core::mem::take(&mut self.lost_to) != 0;
        let mut count = 0_usize;
        for room in events {
            if self.count == 0 {
                break;
            }
            *room = self.nth(0);
            self.drop_oldest();
            count = count.saturating_add(1);
        }
        (count, lost)
    }

    /// Removes one event. The later ones move.
    fn remove(&mut self, place: usize) {
        for place in place..self.count.saturating_sub(1) {
            let next = self.nth(place.saturating_add(1));
            let index = self.index(place);
            if let Some(slot) = self.slots.get_mut(index) {
                *slot = next;
            }
        }
        self.count = self.count.saturating_sub(1);
    }

    fn drop_oldest(&mut self) {
        self.start = self.index(1);
        self.count = self.count.saturating_sub(1);
    }

    fn nth(&self, place: usize) -> LoggedEvent {
        self.slots
            .get(self.index(place))
            .copied()
            .unwrap_or_default()
    }

    fn index(&self, place: usize) -> usize {
        let index = self.start.saturating_add(place);
        index.checked_sub(self.slots.len()).unwrap_or(index)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::alloc::TEST_MEMORY;
    use crate::events::event::Change;

    const ADDED: WatchedEvent = WatchedEvent::Route(Change::Added);

    fn ring(events: std::ops::RangeInclusive<u64>) -> EventRing {
        let mut ring = EventRing::new(TEST_MEMORY, 4).unwrap();
        for sequence in events {
            ring.push(LoggedEvent {
                kind: ADDED,
                ..LoggedEvent::resync(sequence)
            });
        }
        ring
    }

    fn copied(ring: &EventRing, after: u64, room: usize) -> Vec<(u64, WatchedEvent)> {
        let mut events = std::vec![LoggedEvent::default(); room];
        let count = ring.copy(after, &mut events);
        events
            .iter()
            .take(count)
            .map(|event| (event.sequence, event.kind))
            .collect()
    }

    #[test]
    fn events_stay_until_they_are_acknowledged() {
        let mut ring = ring(1..=3);
        assert_eq!(copied(&ring, 0, 2), [(1, ADDED), (2, ADDED)]);
        assert_eq!(copied(&ring, 0, 9), [(1, ADDED), (2, ADDED), (3, ADDED)]);
        ring.acknowledge(2);
        assert_eq!(copied(&ring, 0, 9), [(3, ADDED)]);
    }

    #[test]
    fn a_full_ring_reports_lost_events_until_acknowledged() {
        let mut ring = ring(1..=7);
        let all = [
            (3, WatchedEvent::Resync),
            (4, ADDED),
            (5, ADDED),
            (6, ADDED),
            (7, ADDED),
        ];
        assert_eq!(copied(&ring, 0, 9), all);
        assert_eq!(copied(&ring, 2, 9), all);
        assert_eq!(ring.lost(), 3);
        ring.acknowledge(3);
        assert_eq!(copied(&ring, 0, 9), all[1..]);
        ring.acknowledge(7);
        assert_eq!(copied(&ring, 0, 9), []);
        assert_eq!(ring.lost(), 3);
    }

    fn interface(luid: u64, sequence: u64) -> LoggedEvent {
        LoggedEvent {
            kind: WatchedEvent::Interface,
            key: crate::route_key::RouteKey::default().with_luid(luid),
            ..LoggedEvent::resync(sequence)
        }
    }

    #[test]
    fn an_event_of_an_interface_replaces_an_equal_one() {
        let mut ring = ring(1..=1);
        for (luid, sequence) in [(7, 2), (9, 3), (7, 4)] {
            assert!(!ring.push_in_place_of_equal(interface(luid, sequence)));
        }
        let sequences = |ring: &EventRing, after| -> Vec<u64> {
            let copied = copied(ring, after, 9);
            copied.iter().map(|(sequence, _)| *sequence).collect()
        };
        assert_eq!(sequences(&ring, 0), [1, 3, 4]);
        // A reader that knows the replaced event gets the one in its place.
        assert_eq!(sequences(&ring, 2), [3, 4]);
        // A full ring has room for an event that replaces another.
        ring.push_in_place_of_equal(interface(8, 5));
        assert!(!ring.push_in_place_of_equal(interface(9, 6)));
        assert_eq!(sequences(&ring, 0), [1, 4, 5, 6]);
        assert!(ring.push_in_place_of_equal(interface(10, 7)));
        assert_eq!(
            (sequences(&ring, 4), ring.lost()),
            (Vec::from([5, 6, 7]), 1)
        );
    }

    #[test]
    fn an_equal_event_that_is_far_behind_stays() {
        let mut ring = EventRing::new(TEST_MEMORY, 64).unwrap();
        ring.push_in_place_of_equal(interface(7, 1));
        for sequence in 2..=17 {
            ring.push(LoggedEvent {
                kind: ADDED,
                ..LoggedEvent::resync(sequence)
            });
        }
        ring.push_in_place_of_equal(interface(7, 18));
        assert_eq!(ring.len(), 18);
    }

    #[test]
    fn a_reader_behind_another_gets_a_resync() {
        let mut ring = ring(1..=3);
        ring.acknowledge(2);
        assert_eq!(copied(&ring, 1, 9), [(2, WatchedEvent::Resync), (3, ADDED)]);
        assert_eq!(copied(&ring, 2, 9), [(3, ADDED)]);
        assert_eq!(copied(&ring, 0, 9), [(3, ADDED)]);
    }
}
