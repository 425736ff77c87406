//! Slots for values of varying number. A value keeps its id for as long as it exists.

use abi::NtStatus;

use super::{ChunkedVec, Id, StaleId};

/// Values by id. An id whose value was removed is refused, for reading and for writing.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: ChunkedVec<Slot<T>>,
    /// The first vacant slot, from which the others are linked.
    vacant: Option<Id<T>>,
    used: u32,
}

#[derive(Clone, Copy, Debug)]
enum Slot<T> {
    Occupied(T),
    Vacant { next: Option<Id<T>> },
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            slots: ChunkedVec::new(),
            vacant: None,
            used: 0,
        }
    }
}

impl<T> Slab<T> {
    /// Bytes of one slot.
    pub(crate) const SLOT: usize = size_of::<Slot<T>>();

    /// Number of values.
    pub(crate) const fn len(&self) -> u32 {
        self.used
    }

    /// Number of slots, occupied and vacant: the index of every id is below.
    pub(crate) const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The value with an id.
    pub(crate) fn get(&self, id: Id<T>) -> Result<&T, StaleId> {
        match self.slots.get(id.index()) {
            Some(Slot::Occupied(value)) => Ok(value),
            Some(Slot::Vacant { .. }) | None => Err(StaleId),
        }
    }

    /// The value with an id, to change it.
    pub(crate) fn get_mut(&mut self, id: Id<T>) -> Result<&mut T, StaleId> {
        match self.slots.get_mut(id.index()) {
            Some(Slot::Occupied(value)) => Ok(value),
            Some(Slot::Vacant { .. }) | None => Err(StaleId),
        }
    }

    /// Makes sure that the next [`insert`](Self::insert) finds a slot.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve(&mut self) -> Result<(), NtStatus> {
        if self.vacant.is_some() {
            return Ok(());
        }
        let id = Id::from_index(self.slots.len()).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        self.slots.push(Slot::Vacant { next: None })?;
        self.vacant = Some(id);
        Ok(())
    }

    /// Puts a value into the slot that [`reserve`](Self::reserve) made sure of.
    ///
    /// # Errors
    ///
    /// [`StaleId`]: no slot was reserved.
    pub(crate) fn insert(&mut self, value: T) -> Result<Id<T>, StaleId> {
        let id = self.vacant.ok_or(StaleId)?;
        let slot = self.slots.get_mut(id.index()).ok_or(StaleId)?;
        let Slot::Vacant { next } = *slot else {
            return Err(StaleId);
        };
        self.vacant = next;
        *slot = Slot::Occupied(value);
        self.used = self.used.saturating_add(1);
        Ok(id)
    }

    /// Removes a value. Removing the last one frees all memory.
    pub(crate) fn remove(&mut self, id: Id<T>) -> Result<(), StaleId> {
        match self.slots.get_mut(id.index()) {
            Some(slot @ Slot::Occupied(_)) => *slot = Slot::Vacant { next: self.vacant },
            Some(Slot::Vacant { .. }) | None => return Err(StaleId),
        }
        self.vacant = Some(id);
        self.used = self.used.saturating_sub(1);
        if self.used == 0 {
            self.slots.clear();
            self.vacant = None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(values: impl IntoIterator<Item = u8>) -> Slab<u8> {
        let mut slab = Slab::default();
        for value in values {
            slab.reserve().unwrap();
            slab.insert(value).unwrap();
        }
        slab
    }

    fn id(index: usize) -> Id<u8> {
        Id::from_index(index).unwrap()
    }

    #[test]
    fn a_vacant_slot_is_used_again() {
        let mut slab = filled([1, 2]);
        slab.remove(id(0)).unwrap();
        slab.reserve().unwrap();
        assert_eq!(slab.insert(3), Ok(id(0)));
        assert_eq!((slab.get(id(0)), slab.get(id(1))), (Ok(&3), Ok(&2)));
        assert_eq!(slab.len(), 2);
    }

    #[test]
    fn a_stale_or_absent_id_is_an_error_and_changes_nothing() {
        let mut slab = filled([1, 2]);
        slab.remove(id(0)).unwrap();
        for stale in [id(0), id(2), id(u32::MAX as usize - 1)] {
            assert_eq!(slab.get_mut(stale), Err(StaleId));
            assert_eq!(slab.get(stale), Err(StaleId));
            assert_eq!(slab.remove(stale), Err(StaleId));
        }
        assert_eq!((slab.get(id(1)), slab.len()), (Ok(&2), 1));
    }

    #[test]
    fn a_value_without_a_reserved_slot_is_refused() {
        let mut slab = filled([]);
        assert_eq!(slab.insert(1), Err(StaleId));
        assert_eq!(slab.len(), 0);
    }
}
