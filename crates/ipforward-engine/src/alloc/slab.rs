//! Places for values that come and go: each keeps its index for as long as it is there.

use abi::NtStatus;

use super::{ChunkedVec, NONE};

/// RouteAttributes by index.
///
/// An index that was never given out, such as [`NONE`], reads as an empty value, and what is
/// written to it is of no consequence: ends of lists need no special case.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: ChunkedVec<Place<T>>,
    nowhere: T,
    /// The first free place, from which the others are linked.
    free: u32,
    used: u32,
}

#[derive(Clone, Copy, Debug)]
struct Place<T> {
    value: T,
    next_free: u32,
}

impl<T: Default> Default for Slab<T> {
    fn default() -> Self {
        Self {
            places: ChunkedVec::new(),
            nowhere: T::default(),
            free: NONE,
            used: 0,
        }
    }
}

impl<T: Default> Slab<T> {
    /// Bytes of one place.
    pub(crate) const PLACE: usize = size_of::<Place<T>>();

    /// RouteAttributes that are there.
    pub(crate) const fn len(&self) -> u32 {
        self.used
    }

    /// Places, taken and free: every index that was given out is below.
    pub(crate) fn places(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap_or(NONE)
    }

    /// The value at an index.
    pub(crate) fn at(&self, index: u32) -> &T {
        self.places
            .get(index as usize)
            .map_or(&self.nowhere, |place| &place.value)
    }

    /// The value at an index, to change it.
    pub(crate) fn at_mut(&mut self, index: u32) -> &mut T {
        match self.places.get_mut(index as usize) {
            Some(place) => &mut place.value,
            None => &mut self.nowhere,
        }
    }

    /// Makes sure that the next [`insert`](Self::insert) finds a place.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve(&mut self) -> Result<(), NtStatus> {
        if self.free != NONE {
            return Ok(());
        }
        let index =
            u32::try_from(self.places.len()).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        self.places.push(Place {
            value: T::default(),
            next_free: NONE,
        })?;
        self.free = index;
        Ok(())
    }

    /// Puts a value into the place that [`reserve`](Self::reserve) made sure of.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        let index = self.free;
        if let Some(place) = self.places.get_mut(index as usize) {
            self.free = place.next_free;
            place.value = value;
            self.used = self.used.saturating_add(1);
        }
        index
    }

    /// Takes a value out of its place. The last one gives all memory back.
    pub(crate) fn remove(&mut self, index: u32) {
        if let Some(place) = self.places.get_mut(index as usize) {
            place.value = T::default();
            place.next_free = self.free;
            self.free = index;
            self.used = self.used.saturating_sub(1);
        }
        if self.used == 0 {
            self.places.clear();
            self.free = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again() {
        let mut slab = Slab::default();
        for value in [1, 2] {
            slab.reserve().unwrap();
            slab.insert(value);
        }
        slab.remove(0);
        slab.reserve().unwrap();
        assert_eq!(slab.insert(3), 0);
        assert_eq!((*slab.at(0), *slab.at(1), slab.len()), (3, 2, 2));
    }

    #[test]
    fn nothing_is_nowhere() {
        let mut slab = Slab::<u8>::default();
        assert_eq!(slab.insert(1), NONE);
        assert_eq!((*slab.at(NONE), slab.len()), (0, 0));
    }
}
