//! The events that are not read yet. Each is kept once, however many filters it is for.

use abi::NtStatus;
use allocator_api2::vec::Vec;

use super::event::LoggedEvent;
use crate::alloc::{ResidentMemory, reserve};

/// Rings that a store has events for: those of 64 filters, and the one of the leases.
pub(super) const RINGS_MAX: usize = 65;

/// An event in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EventId {
    block: u16,
    slot: u16,
}

/// The events of all rings. Each ring brings room for as many events as it can have, so that the store
/// is never full.
#[derive(Debug)]
pub(super) struct EventStore {
    blocks: Vec<EventBlock, ResidentMemory>,
}

/// Room for events, allocated at once.
#[derive(Debug)]
pub(super) struct EventBlock {
    /// The slots that were used before, and room for the others.
    slots: Vec<Slot, ResidentMemory>,
    /// The first vacant slot, from which the others are linked.
    vacant: Option<u16>,
    used: u16,
}

#[derive(Debug)]
struct Slot {
    event: LoggedEvent,
    /// The rings that have the event.
    rings: u16,
    /// The next vacant slot, if this one is vacant.
    next: Option<u16>,
}

impl EventBlock {
    /// Room for so many events.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn new(memory: ResidentMemory, capacity: u16) -> Result<Self, NtStatus> {
        let mut slots = Vec::new_in(memory);
        reserve(&mut slots, capacity.into())?;
        Ok(Self {
            slots,
            vacant: None,
            used: 0,
        })
    }

    fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Adds an event. `None`: there is no room.
    fn add(&mut self, event: &LoggedEvent) -> Option<u16> {
        let new = Slot {
            event: *event,
            rings: 0,
            next: None,
        };
        let place = match self.vacant {
            Some(place) => {
                let slot = self.slots.get_mut(usize::from(place))?;
                self.vacant = slot.next;
                *slot = new;
                place
            }
            None if self.slots.len() < self.slots.capacity() => {
                let place = u16::try_from(self.slots.len()).ok()?;
                self.slots.push(new);
                place
            }
            None => return None,
        };
        self.used = self.used.saturating_add(1);
        Some(place)
    }

    /// Counts one ring less that has an event.
    fn release(&mut self, place: u16) {
        let Some(slot) = self.slots.get_mut(usize::from(place)) else {
            return;
        };
        slot.rings = slot.rings.saturating_sub(1);
        if slot.rings == 0 {
            slot.next = self.vacant;
            self.vacant = Some(place);
            self.used = self.used.saturating_sub(1);
        }
    }
}

impl EventStore {
    /// A store without room.
    pub(super) const fn new(memory: ResidentMemory) -> Self {
        Self {
            blocks: Vec::new_in(memory),
        }
    }

    /// The memory that the events are in.
    pub(super) fn memory(&self) -> ResidentMemory {
        *self.blocks.allocator()
    }

    /// Number of events that the store has room for.
    pub(super) fn capacity(&self) -> usize {
        self.blocks.iter().map(EventBlock::capacity).sum()
    }

    /// Makes room for more events: takes the block out of `block`.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory. Nothing is changed.
    pub(super) fn attach(&mut self, block: &mut Option<EventBlock>) -> Result<(), NtStatus> {
        // One allocation of bounded size, for the first block only.
        let more = RINGS_MAX.saturating_sub(self.blocks.len());
        reserve(&mut self.blocks, more)?;
        let block = block.take().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        self.blocks.push(block);
        Ok(())
    }

    /// Takes a block without events out that is not needed for so many events. The caller drops it
    /// without the lock.
    pub(super) fn detach(&mut self, needed: usize) -> Option<EventBlock> {
        let last = self.blocks.last()?;
        let is_needed = self.capacity().saturating_sub(last.capacity()) < needed;
        if last.used != 0 || is_needed {
            return None;
        }
        self.blocks.pop()
    }

    /// Adds an event that no ring has yet. `None`: there is no room.
    pub(super) fn add(&mut self, event: &LoggedEvent) -> Option<EventId> {
        let mut blocks = (0..).zip(&mut self.blocks);
        blocks.find_map(|(block, room)| room.add(event).map(|slot| EventId { block, slot }))
    }

    /// The event with an id that a ring has.
    pub(super) fn get(&self, id: EventId) -> Option<&LoggedEvent> {
        let block = self.blocks.get(usize::from(id.block))?;
        let slot = block.slots.get(usize::from(id.slot))?;
        Some(&slot.event)
    }

    /// Sets how many rings have an event.
    pub(super) fn set_rings(&mut self, id: EventId, rings: u16) {
        let block = self.blocks.get_mut(usize::from(id.block));
        if let Some(slot) = block.and_then(|block| block.slots.get_mut(usize::from(id.slot))) {
            slot.rings = rings;
        }
    }

    /// Counts one ring less that has an event. The store forgets an event that no ring has.
    pub(super) fn release(&mut self, id: EventId) {
        if let Some(block) = self.blocks.get_mut(usize::from(id.block)) {
            block.release(id.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::alloc::TEST_MEMORY;

    fn store(blocks: &[u16]) -> EventStore {
        let mut store = EventStore::new(TEST_MEMORY);
        for capacity in blocks {
            let mut block = EventBlock::new(TEST_MEMORY, *capacity).ok();
            store.attach(&mut block).unwrap();
        }
        store
    }

    /// Adds an event for one ring.
    fn add(store: &mut EventStore, sequence: u64) -> Option<EventId> {
        let id = store.add(&LoggedEvent::resync(sequence))?;
        store.set_rings(id, 1);
        Some(id)
    }

    #[test]
    fn an_event_stays_until_the_last_ring_releases_it() {
        let mut store = store(&[1]);
        let id = add(&mut store, 1).unwrap();
        store.set_rings(id, 2);
        assert_eq!(add(&mut store, 2), None);
        store.release(id);
        assert_eq!(add(&mut store, 2), None);
        assert_eq!(store.get(id), Some(&LoggedEvent::resync(1)));
        store.release(id);
        assert_eq!(add(&mut store, 2), Some(id));
        assert_eq!(store.get(id), Some(&LoggedEvent::resync(2)));
    }

    #[test]
    fn every_slot_of_every_block_is_used_once() {
        let mut store = store(&[3, 2]);
        assert_eq!(store.capacity(), 5);
        let ids: Vec<_> = (1..=5)
            .map(|sequence| add(&mut store, sequence).unwrap())
            .collect();
        assert_eq!(add(&mut store, 6), None);
        for (id, sequence) in ids.iter().zip(1..) {
            assert_eq!(store.get(*id), Some(&LoggedEvent::resync(sequence)));
        }
        for id in [ids[3], ids[1]] {
            store.release(id);
        }
        assert_eq!(add(&mut store, 7), Some(ids[1]));
        assert_eq!(add(&mut store, 8), Some(ids[3]));
        assert_eq!(add(&mut store, 9), None);
    }

    #[test]
    fn a_block_is_detached_when_it_is_empty_and_not_needed() {
        let mut store = store(&[2, 2]);
        let ids: Vec<_> = (1..=3)
            .map(|sequence| add(&mut store, sequence).unwrap())
            .collect();
        assert!(store.detach(2).is_none());
        store.release(ids[2]);
        assert!(store.detach(3).is_none());
        assert!(store.detach(2).is_some());
        assert_eq!(store.capacity(), 2);
        assert!(store.detach(0).is_none());
        ids[..2].iter().for_each(|id| store.release(*id));
        assert!(store.detach(0).is_some());
        assert!(store.detach(0).is_none());
    }
}
