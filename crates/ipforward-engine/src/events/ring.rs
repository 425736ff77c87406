//! A ring of events: bounded, so that the oldest events make room for the newest and are counted.

use abi::NtStatus;
use allocator_api2::vec::Vec;

use super::event::{LoggedEvent, WatchedEvent};
use super::new_event::NewEvent;
use super::store::{EventId, EventStore};
use crate::alloc::{ResidentMemory, reserve};

/// How many of the newest events are searched for an equal one.
const SEARCHED_FOR_EQUAL: usize = 16;

/// Events in the order in which the stack notified them. They are in the store that is given to each
/// function, which is always the same.
#[derive(Debug)]
pub(crate) struct EventRing {
    slots: Vec<EventId, ResidentMemory>,
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
    pub(super) fn new(memory: ResidentMemory, capacity: u16) -> Result<Self, NtStatus> {
        let mut slots = Vec::new_in(memory);
        reserve(&mut slots, capacity.into())?;
        slots.resize(capacity.into(), EventId::default());
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
    pub(super) fn push(&mut self, event: &mut NewEvent<'_>) -> bool {
        let is_full = self.count == self.slots.len();
        let begins_to_lose = is_full && self.lost_to == 0;
        if is_full {
            let oldest = self.oldest(event.store());
            self.drop_oldest(event.store());
            self.lose(oldest);
        }
        let index = self.index(self.count);
        // There is room: the ring has brought as much to the store as it can have.
        if let Some(place) = self.slots.get_mut(index)
            && let Some(id) = event.id()
        {
            *place = id;
            self.count = self.count.saturating_add(1);
        }
        begins_to_lose
    }

    /// Adds an event of an interface, and removes an equal one from the newest events: a reader that
    /// has not read that one needs only the new one, and a reader that has read it needs the new one
    /// too. Returns what [`push`](Self::push) returns.
    pub(super) fn push_in_place_of_equal(&mut self, event: &mut NewEvent<'_>) -> bool {
        let new = *event.event();
        let is_equal = |kept: &LoggedEvent| (kept.kind, kept.key) == (new.kind, new.key);
        let equal = (0..self.count)
            .rev()
            .take(SEARCHED_FOR_EQUAL)
            .find(|place| self.nth(event.store(), *place).is_some_and(is_equal));
        if let Some(equal) = equal {
            self.remove(event.store(), equal);
        }
        self.push(event)
    }

    /// Number of events in the ring.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Number of events that the ring has room for.
    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Records that events up to this number are lost.
    pub(super) fn lose(&mut self, sequence: u64) {
        self.lost = self.lost.saturating_add(1);
        self.lost_to = sequence;
    }

    /// Removes all events, and forgets which ones are lost.
    pub(super) fn clear(&mut self, store: &mut EventStore) {
        while self.count > 0 {
            self.drop_oldest(store);
        }
        self.lost_to = 0;
    }

    /// Number of events that were lost.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Removes events up to this number, which a reader knows.
    pub(super) fn acknowledge(&mut self, store: &mut EventStore, sequence: u64) {
        self.acknowledged = self.acknowledged.max(sequence);
        while self.count > 0 && self.oldest(store) <= sequence {
            self.drop_oldest(store);
        }
        if self.lost_to <= sequence {
            self.lost_to = 0;
        }
    }

    /// Copies events after this number, as many as there is room for. A resync comes first if
    /// events are lost, or if another reader acknowledged events that this one does not know. A
    /// reader that asks for all events, after 0, gets only the events that are kept.
    pub(super) fn copy(&self, store: &EventStore, after: u64, events: &mut [LoggedEvent]) -> usize {
        let lost = LoggedEvent::resync(self.lost_before(after));
        let kept = (0..self.count).filter_map(|index| self.nth(store, index));
        let all = core::iter::once(&lost).chain(kept);
        let mut count = 0_usize;
        for (event, room) in all.filter(|event| event.sequence > after).zip(events) {
            *room = *event;
            count = count.saturating_add(1);
        }
        count
    }

    /// Whether [`copy`](Self::copy) has something for a reader. Takes the same few steps for every
    /// ring.
    pub(super) fn has_after(&self, store: &EventStore, after: u64) -> bool {
        let last = self.count.checked_sub(1);
        let newest = last.and_then(|last| self.nth(store, last));
        self.lost_before(after) > after || newest.is_some_and(|newest| newest.sequence > after)
    }

    /// The number up to which a reader that knows the events up to `after` has lost events, or 0.
    fn lost_before(&self, after: u64) -> u64 {
        let behind = after != 0 && after < self.acknowledged;
        let given_up = if behind { self.acknowledged } else { 0 };
        self.lost_to.max(given_up)
    }

    /// Whether the ring has a later notification of the same route.
    pub(super) fn has_later(&self, store: &EventStore, event: &LoggedEvent) -> bool {
        let is_later = |kept: &LoggedEvent| {
            matches!(kept.kind, WatchedEvent::Route(_)) && kept.key == event.key
        };
        (0..self.count)
            .rev()
            .filter_map(|index| self.nth(store, index))
            .take_while(|kept| kept.sequence > event.sequence)
            .any(is_later)
    }

    /// Takes the oldest events out. Returns how many, and whether some were lost before them.
    pub(super) fn drain(
        &mut self,
        store: &mut EventStore,
        events: &mut [LoggedEvent],
    ) -> (usize, bool) {
        let lost = core::mem::take(&mut self.lost_to) != 0;
        let mut count = 0_usize;
        for room in events {
            let Some(oldest) = self.nth(store, 0) else {
                break;
            };
            *room = *oldest;
            self.drop_oldest(store);
            count = count.saturating_add(1);
        }
        (count, lost)
    }

    /// Removes one event. The later ones move.
    fn remove(&mut self, store: &mut EventStore, place: usize) {
        if let Some(id) = self.id(place) {
            store.release(id);
        }
        for place in place..self.count.saturating_sub(1) {
            let next = self.id(place.saturating_add(1));
            let index = self.index(place);
            if let (Some(slot), Some(next)) = (self.slots.get_mut(index), next) {
                *slot = next;
            }
        }
        self.count = self.count.saturating_sub(1);
    }

    fn drop_oldest(&mut self, store: &mut EventStore) {
        if let Some(id) = self.id(0) {
            store.release(id);
        }
        self.start = self.index(1);
        self.count = self.count.saturating_sub(1);
    }

    /// The sequence number of the oldest event; 0 if there is none.
    fn oldest(&self, store: &EventStore) -> u64 {
        self.nth(store, 0).map_or(0, |oldest| oldest.sequence)
    }

    fn nth<'a>(&self, store: &'a EventStore, place: usize) -> Option<&'a LoggedEvent> {
        store.get(self.id(place)?)
    }

    /// The id of an event by its place behind the oldest.
    fn id(&self, place: usize) -> Option<EventId> {
        if place >= self.count {
            return None;
        }
        self.slots.get(self.index(place)).copied()
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

    use proptest::prelude::*;

    use super::*;
    use crate::alloc::TEST_MEMORY;
    use crate::events::event::Change;
    use crate::events::store::EventBlock;

    const ADDED: WatchedEvent = WatchedEvent::Route(Change::Added);

    /// A ring with its store.
    struct Queue {
        ring: EventRing,
        store: EventStore,
    }

    impl Queue {
        fn new(capacity: u16) -> Self {
            let mut store = EventStore::new(TEST_MEMORY);
            let mut block = EventBlock::new(TEST_MEMORY, capacity).ok();
            store.attach(&mut block).unwrap();
            let ring = EventRing::new(TEST_MEMORY, capacity).unwrap();
            Self { ring, store }
        }

        fn push(&mut self, event: LoggedEvent) -> bool {
            let mut event = NewEvent::new(&mut self.store, event);
            self.ring.push(&mut event)
        }

        fn push_in_place_of_equal(&mut self, event: LoggedEvent) -> bool {
            let mut event = NewEvent::new(&mut self.store, event);
            self.ring.push_in_place_of_equal(&mut event)
        }

        fn acknowledge(&mut self, sequence: u64) {
            self.ring.acknowledge(&mut self.store, sequence);
        }

        fn copied(&self, after: u64, room: usize) -> Vec<(u64, WatchedEvent)> {
            let mut events = std::vec![LoggedEvent::default(); room];
            let count = self.ring.copy(&self.store, after, &mut events);
            events
                .iter()
                .take(count)
                .map(|event| (event.sequence, event.kind))
                .collect()
        }
    }

    fn ring(events: std::ops::RangeInclusive<u64>) -> Queue {
        let mut queue = Queue::new(4);
        for sequence in events {
            queue.push(LoggedEvent {
                kind: ADDED,
                ..LoggedEvent::resync(sequence)
            });
        }
        queue
    }

    #[test]
    fn events_stay_until_they_are_acknowledged() {
        let mut ring = ring(1..=3);
        assert_eq!(ring.copied(0, 2), [(1, ADDED), (2, ADDED)]);
        assert_eq!(ring.copied(0, 9), [(1, ADDED), (2, ADDED), (3, ADDED)]);
        ring.acknowledge(2);
        assert_eq!(ring.copied(0, 9), [(3, ADDED)]);
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
        assert_eq!(ring.copied(0, 9), all);
        assert_eq!(ring.copied(2, 9), all);
        assert_eq!(ring.ring.lost(), 3);
        ring.acknowledge(3);
        assert_eq!(ring.copied(0, 9), all[1..]);
        ring.acknowledge(7);
        assert_eq!(ring.copied(0, 9), []);
        assert_eq!(ring.ring.lost(), 3);
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
        let sequences = |ring: &Queue, after| -> Vec<u64> {
            let copied = ring.copied(after, 9);
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
            (sequences(&ring, 4), ring.ring.lost()),
            (Vec::from([5, 6, 7]), 1)
        );
    }

    #[test]
    fn an_equal_event_that_is_far_behind_stays() {
        let mut ring = Queue::new(64);
        ring.push_in_place_of_equal(interface(7, 1));
        for sequence in 2..=17 {
            ring.push(LoggedEvent {
                kind: ADDED,
                ..LoggedEvent::resync(sequence)
            });
        }
        ring.push_in_place_of_equal(interface(7, 18));
        assert_eq!(ring.ring.len(), 18);
    }

    #[test]
    fn a_reader_behind_another_gets_a_resync() {
        let mut ring = ring(1..=3);
        ring.acknowledge(2);
        assert_eq!(ring.copied(1, 9), [(2, WatchedEvent::Resync), (3, ADDED)]);
        assert_eq!(ring.copied(2, 9), [(3, ADDED)]);
        assert_eq!(ring.copied(0, 9), [(3, ADDED)]);
    }

    /// What happens to a ring.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// A route is added.
        Added,
        /// The interface with this LUID changes.
        InterfaceChanged(u64),
        /// The reader knows all events but so many.
        Acknowledge(u64),
        /// So many events are taken out.
        Drain(usize),
        Clear,
    }

    impl Step {
        fn event(self, sequence: u64) -> LoggedEvent {
            match self {
                Self::InterfaceChanged(luid) => interface(luid, sequence),
                _ => LoggedEvent {
                    kind: ADDED,
                    ..LoggedEvent::resync(sequence)
                },
            }
        }

        /// Does it to a ring. Returns whether events were lost, and the events that were taken out.
        fn act(self, ring: &mut EventRing, event: &mut NewEvent<'_>) -> (bool, Vec<LoggedEvent>) {
            let mut taken = Vec::new();
            let lost = match self {
                Self::Added => ring.push(event),
                Self::InterfaceChanged(_) => ring.push_in_place_of_equal(event),
                Self::Acknowledge(but) => {
                    let known = event.event().sequence.saturating_sub(but);
                    ring.acknowledge(event.store(), known);
                    false
                }
                Self::Drain(count) => {
                    taken.resize(count, LoggedEvent::default());
                    let (count, lost) = ring.drain(event.store(), &mut taken);
                    taken.truncate(count);
                    lost
                }
                Self::Clear => {
                    ring.clear(event.store());
                    false
                }
            };
            (lost, taken)
        }
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Added),
            2 => (7..10_u64).prop_map(Step::InterfaceChanged),
            2 => (0..4_u64).prop_map(Step::Acknowledge),
            1 => (0..3_usize).prop_map(Step::Drain),
            1 => Just(Step::Clear),
        ]
    }

    proptest! {
        /// Each ring of a shared store has the events that it would have alone, and leaves none behind.
        #[test]
        fn rings_of_one_store_do_not_affect_each_other(
            steps in proptest::collection::vec((step(), any::<[bool; 3]>()), 1..64),
        ) {
            let mut alone = [1, 2, 4].map(Queue::new);
            let mut store = EventStore::new(TEST_MEMORY);
            let mut rings = [1, 2, 4].map(|capacity| {
                let Queue { ring, .. } = Queue::new(capacity);
                let mut block = EventBlock::new(TEST_MEMORY, capacity).ok();
                store.attach(&mut block).unwrap();
                ring
            });
            for (sequence, (step, concerned)) in (1..).zip(steps) {
                let event = step.event(sequence);
                let mut shared = NewEvent::new(&mut store, event);
                for (ring, (alone, is_concerned)) in
                    rings.iter_mut().zip(alone.iter_mut().zip(concerned))
                {
                    if is_concerned {
                        let mut event = NewEvent::new(&mut alone.store, event);
                        let expected = step.act(&mut alone.ring, &mut event);
                        prop_assert_eq!(step.act(ring, &mut shared), expected);
                    }
                }
                drop(shared);
                for (ring, alone) in rings.iter().zip(&alone) {
                    let mut events = [LoggedEvent::default(); 5];
                    let count = ring.copy(&store, 0, &mut events);
                    let copied: Vec<_> = events[..count].iter().map(|event| (event.sequence, event.kind)).collect();
                    prop_assert_eq!(copied, alone.copied(0, 5));
                    prop_assert_eq!(ring.lost(), alone.ring.lost());
                }
            }
            for ring in &mut rings {
                ring.clear(&mut store);
            }
            while store.detach(0).is_some() {}
            prop_assert_eq!(store.capacity(), 0);
        }
    }
}
