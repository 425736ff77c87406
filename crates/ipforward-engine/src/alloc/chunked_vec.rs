//! A sequence in chunks: no allocation is larger than one chunk or one page of the directory,
//! however long the sequence grows. Chunks are large, so that the directory stays in the
//! processor's cache. A chunk grows up to its size, so that a few elements take little memory.

use core::fmt;

use abi::NtStatus;
use allocator_api2::alloc::{Allocator, Global};
use allocator_api2::vec::Vec;

use super::reserve;

/// Elements of one chunk.
pub(crate) const CHUNK: usize = 1_024;

/// Capacity of a new chunk.
const INITIAL_CAPACITY: usize = 16;

/// Chunks of one page of the directory.
const PAGE: usize = 64;

/// Pages of the directory: room for 16 Mi elements.
const PAGES: usize = 256;

/// A sequence that grows at its end, in the memory of `A`.
#[derive(Clone)]
pub(crate) struct ChunkedVec<T, A: Allocator = Global> {
    pages: Vec<Vec<Vec<T, A>, A>, A>,
    length: usize,
}

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug, A: Allocator> fmt::Debug for ChunkedVec<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl<T: PartialEq, A: Allocator> PartialEq for ChunkedVec<T, A> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq, A: Allocator> Eq for ChunkedVec<T, A> {}

/// Position of an element: its page, its chunk in the page, and its index in the chunk.
const fn position(index: usize) -> (usize, usize, usize) {
    let chunk = index / CHUNK;
    (chunk / PAGE, chunk % PAGE, index % CHUNK)
}

impl<T> ChunkedVec<T> {
    /// An empty sequence, which holds no memory.
    pub(crate) const fn new() -> Self {
        Self::new_in(Global)
    }
}

impl<T, A: Allocator> ChunkedVec<T, A> {
    /// An empty sequence, which holds no memory yet.
    pub(crate) const fn new_in(memory: A) -> Self {
        Self {
            pages: Vec::new_in(memory),
            length: 0,
        }
    }

    /// Number of elements.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// The element with an index.
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (page, chunk, offset) = position(index);
        self.pages.get(page)?.get(chunk)?.get(offset)
    }

    /// The element with an index, to change it.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let (page, chunk, offset) = position(index);
        self.pages.get_mut(page)?.get_mut(chunk)?.get_mut(offset)
    }

    /// So many elements from an index on, to change them; `None` if they are not all in one chunk.
    pub(crate) fn run_mut(&mut self, index: usize, count: usize) -> Option<&mut [T]> {
        let (page, chunk, offset) = position(index);
        let chunk = self.pages.get_mut(page)?.get_mut(chunk)?;
        chunk.get_mut(offset..offset.saturating_add(count))
    }

    /// The elements in order, to change them.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.pages.iter_mut().flatten().flatten()
    }

    /// The elements in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten().flatten()
    }
}

impl<T, A: Allocator + Copy> ChunkedVec<T, A> {
    /// Adds an element at the end.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory. Nothing is changed.
    pub(crate) fn push(&mut self, element: T) -> Result<(), NtStatus> {
        let last = self.pages.last_mut().and_then(|page| page.last_mut());
        if let Some(chunk) = last
            && chunk.len() < chunk.capacity().min(CHUNK)
        {
            chunk.push(element);
        } else {
            self.grow()?.push(element);
        }
        self.length = self.length.saturating_add(1);
        Ok(())
    }

    /// The chunk of the next element, with room for it.
    #[cold]
    fn grow(&mut self) -> Result<&mut Vec<T, A>, NtStatus> {
        let chunk = self.last_chunk()?;
        if chunk.len() == chunk.capacity() {
            let room = CHUNK.saturating_sub(chunk.len());
            reserve(chunk, chunk.len().max(INITIAL_CAPACITY).min(room))?;
        }
        Ok(chunk)
    }

    /// The chunk of the next element.
    fn last_chunk(&mut self) -> Result<&mut Vec<T, A>, NtStatus> {
        let (page, chunk, _) = position(self.length);
        let page = nth(&mut self.pages, page, PAGES)?;
        nth(page, chunk, PAGE)
    }

    /// Removes all elements and frees their memory.
    pub(crate) fn clear(&mut self) {
        *self = Self::new_in(*self.pages.allocator());
    }
}

impl<T: Clone, A: Allocator + Copy> ChunkedVec<T, A> {
    /// A sequence of so many equal elements.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn filled(memory: A, length: usize, element: &T) -> Result<Self, NtStatus> {
        let mut filled = Self::new_in(memory);
        while filled.length < length {
            let more = length.saturating_sub(filled.length).min(CHUNK);
            let chunk = filled.last_chunk()?;
            reserve(chunk, more)?;
            chunk.resize(more, element.clone());
            filled.length = filled.length.saturating_add(more);
        }
        Ok(filled)
    }
}

/// The element with this index, which exists or is the next one to add.
fn nth<E, A: Allocator + Copy>(
    list: &mut Vec<Vec<E, A>, A>,
    index: usize,
    limit: usize,
) -> Result<&mut Vec<E, A>, NtStatus> {
    if list.len() <= index {
        if index >= limit {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        list.try_reserve(1)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        list.push(Vec::new_in(*list.allocator()));
    }
    list.get_mut(index).ok_or(NtStatus::INSUFFICIENT_RESOURCES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_where_they_were_put() {
        let mut chunks = ChunkedVec::new();
        for number in 0..100_000_u32 {
            chunks.push(number).unwrap();
        }
        assert_eq!(chunks.len(), 100_000);
        assert!((0..100_000).all(|index| chunks.get(index) == u32::try_from(index).ok().as_ref()));
        assert_eq!(chunks.get(100_000), None);
        assert!(chunks.iter().copied().eq(0..100_000));
    }

    #[test]
    fn a_filled_sequence_has_as_many_elements_as_asked_for() {
        for length in [0, 1, CHUNK, CHUNK * PAGE + 3] {
            let filled = ChunkedVec::filled(Global, length, &7_u8).unwrap();
            assert_eq!((filled.len(), filled.iter().count()), (length, length));
            let capacities = filled.pages.iter().flatten().map(Vec::capacity);
            assert_eq!(capacities.sum::<usize>(), length, "no more memory");
            assert!(filled.iter().all(|element| *element == 7));
        }
    }

    #[test]
    fn a_filled_sequence_grows_by_no_more_than_chunks() {
        let mut filled = ChunkedVec::filled(Global, 1_000, &7).unwrap();
        for _ in 0..100 {
            filled.push(8).unwrap();
            let mut capacities = filled.pages.iter().flatten().map(Vec::capacity);
            assert!(capacities.all(|capacity| capacity <= CHUNK));
        }
        assert!(filled.iter().take(1_000).all(|element| *element == 7));
        assert!(filled.iter().skip(1_000).eq(&[8; 100]));
    }

    #[test]
    fn every_element_of_several_chunks_can_be_changed() {
        let mut chunks = ChunkedVec::filled(Global, CHUNK * PAGE + 3, &7).unwrap();
        chunks
            .iter_mut()
            .enumerate()
            .for_each(|(index, element)| *element = index);
        assert!(chunks.iter().copied().eq(0..CHUNK * PAGE + 3));
    }

    #[test]
    fn cleared_chunks_hold_no_memory() {
        let mut chunks = ChunkedVec::new();
        chunks.push(1_u8).unwrap();
        chunks.clear();
        assert_eq!((chunks.len(), chunks.pages.capacity()), (0, 0));
    }
}
