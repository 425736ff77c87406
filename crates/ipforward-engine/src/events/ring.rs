//! A ring of events: bounded, and what does not fit is counted.

use abi::NtStatus;
use abi::watch::EVENT_RESYNC;

use super::Event;
use crate::alloc::ChunkedVec;

/// Events in the order in which they came. The oldest give way to the newest.
#[derive(Debug)]
pub(crate) struct Ring {
    places: ChunkedVec<Event>,
    /// Index of the oldest event, and events.
    start: usize,
    count: usize,
    /// Events that gave way.
    lost: u64,
    /// The number of the newest event that is lost and not acknowledged; or 0.
    lost_to: u64,
    /// The highest number up to which events were known to a reader.
    acknowledged: u64,
}

impl Ring {
    /// A ring with room for this many events, all allocated at once.
    pub(super) fn new(capacity: u32) -> Result<Self, NtStatus> {
        let mut places = ChunkedVec::new();
        for _ in 0..capacity {
            places.push(Event::default())?;
        }
        Ok(Self {
            places,
            start: 0,
            count: 0,
            lost: 0,
            lost_to: 0,
            acknowledged: 0,
        })
    }

    /// One more event.
    pub(super) fn push(&mut self, event: Event) {
        if self.count == self.places.len() {
            let oldest = self.nth(0).sequence;
            self.drop_oldest();
            self.lose(oldest);
        }
        let index = self.index(self.count);
        if let Some(place) = self.places.get_mut(index) {
            *place = event;
            self.count = self.count.saturating_add(1);
        }
    }

    /// Events that are kept.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Events up to this number are lost.
    pub(super) fn lose(&mut self, sequence: u64) {
        self.lost = self.lost.saturating_add(1);
        self.lost_to = sequence;
    }

    /// Events that were lost.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Events up to this number are known: they need not be kept.
    pub(super) fn acknowledge(&mut self, sequence: u64) {
        self.acknowledged = self.acknowledged.max(sequence);
        while self.count > 0 && self.nth(0).sequence <= sequence {
            self.drop_oldest();
        }
        if self.lost_to <= sequence {
            self.lost_to = 0;
        }
    }

    /// Copies events after this number, as many as there is room for; before them, that some are
    /// lost, if they are. A reader that knows less than another did cannot have what is not kept
    /// any more; one that asks for everything there is, after 0, wants no more than that.
    pub(super) fn copy(&self, after: u64, events: &mut [Event]) -> usize {
        let behind = after != 0 && after < self.acknowledged;
        let given_up = if behind { self.acknowledged } else { 0 };
        let lost = Event {
            sequence: self.lost_to.max(given_up),
            kind: EVENT_RESYNC,
            ..Event::default()
        };
        let kept = (0..self.count).map(|index| self.nth(index));
        let all = core::iter::once(lost).chain(kept);
        let mut count = 0_usize;
        for (event, room) in all.filter(|event| event.sequence > after).zip(events) {
            *room = event;
            count = count.saturating_add(1);
        }
        count
    }

    /// Takes the oldest events out; and whether some were lost before them.
    pub(super) fn drain(&mut self, events: &mut [Event]) -> (usize, bool) {
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

    fn drop_oldest(&mut self) {
        self.start = self.index(1);
        self.count = self.count.saturating_sub(1);
    }

    fn nth(&self, place: usize) -> Event {
        self.places
            .get(self.index(place))
            .copied()
            .unwrap_or_default()
    }

    fn index(&self, place: usize) -> usize {
        let index = self.start.saturating_add(place);
        index.checked_sub(self.places.len()).unwrap_or(index)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn ring(events: std::ops::RangeInclusive<u64>) -> Ring {
        let mut ring = Ring::new(4).unwrap();
        for sequence in events {
            ring.push(Event {
                sequence,
                kind: 1,
                ..Event::default()
            });
        }
        ring
    }

    fn copied(ring: &Ring, after: u64, room: usize) -> Vec<(u64, u32)> {
        let mut events = std::vec![Event::default(); room];
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
        assert_eq!(copied(&ring, 0, 2), [(1, 1), (2, 1)]);
        assert_eq!(copied(&ring, 0, 9), [(1, 1), (2, 1), (3, 1)]);
        ring.acknowledge(2);
        assert_eq!(copied(&ring, 0, 9), [(3, 1)]);
    }

    #[test]
    fn a_full_ring_loses_its_oldest_events_and_says_so_until_that_is_acknowledged() {
        let mut ring = ring(1..=7);
        let told = [(3, EVENT_RESYNC), (4, 1), (5, 1), (6, 1), (7, 1)];
        assert_eq!(copied(&ring, 0, 9), told);
        assert_eq!(copied(&ring, 2, 9), told);
        assert_eq!(ring.lost(), 3);
        ring.acknowledge(3);
        assert_eq!(copied(&ring, 0, 9), told[1..]);
        ring.acknowledge(7);
        assert_eq!(copied(&ring, 0, 9), []);
        assert_eq!(ring.lost(), 3);
    }

    #[test]
    fn a_reader_behind_what_another_acknowledged_is_told_so() {
        let mut ring = ring(1..=3);
        ring.acknowledge(2);
        assert_eq!(copied(&ring, 1, 9), [(2, EVENT_RESYNC), (3, 1)]);
        assert_eq!(copied(&ring, 2, 9), [(3, 1)]);
        assert_eq!(copied(&ring, 0, 9), [(3, 1)]);
    }
}
