//! RouteAttributes by key: a hash table that grows by one bucket at a time (linear hashing), so that no
//! single insertion has to move the others, and in chunks.

use core::cell::Cell;

use abi::NtStatus;

use super::{ChunkedVec, NONE, Slab};
use crate::route_key::RouteKey;

/// Buckets that a table begins with.
const BUCKETS_MIN: u32 = 64;

/// A value with a key, in a chain of values whose keys fall into one bucket.
pub(crate) trait Chained: Default {
    /// The key.
    fn key(&self) -> &RouteKey;

    /// The next value of the chain.
    fn next(&self) -> u32;

    /// The next value of the chain, to change it.
    fn next_mut(&mut self) -> &mut u32;
}

/// RouteAttributes in a slab, found by key.
#[derive(Debug)]
pub(crate) struct KeyedSlab<T> {
    slab: Slab<T>,
    /// The first value of each chain.
    buckets: ChunkedVec<u32>,
    linked: u32,
    seed: u64,
    steps: Cell<u64>,
}

impl<T: Chained> KeyedSlab<T> {
    /// An empty table. Nobody outside should know the seed: with it, keys that collide can be
    /// made.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::default(),
            buckets: ChunkedVec::new(),
            linked: 0,
            seed,
            steps: Cell::new(0),
        }
    }

    /// RouteAttributes that can be found.
    pub(crate) const fn len(&self) -> u32 {
        self.linked
    }

    /// RouteAttributes looked at so far, while searching and while growing.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The values by index.
    pub(crate) const fn slab(&self) -> &Slab<T> {
        &self.slab
    }

    /// The values by index, to change them; not their keys.
    pub(crate) const fn slab_mut(&mut self) -> &mut Slab<T> {
        &mut self.slab
    }

    /// The value with this key, or [`NONE`].
    pub(crate) fn find(&self, key: &RouteKey) -> u32 {
        let mut index = self.first(self.bucket(key));
        while index != NONE {
            self.step();
            let value = self.slab.at(index);
            if value.key() == key {
                return index;
            }
            index = value.next();
        }
        NONE
    }

    /// Makes sure that the next [`insert`](Self::insert) finds room.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve(&mut self) -> Result<(), NtStatus> {
        while self.size() < BUCKETS_MIN {
            self.buckets.push(NONE)?;
        }
        self.slab.reserve()
    }

    /// Adds a value whose key is not there, in the room that [`reserve`](Self::reserve) made sure
    /// of.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        let index = self.slab.insert(value);
        self.link(index);
        if self.linked > self.size() {
            self.split();
        }
        index
    }

    /// Makes a value that was [taken out](Self::unlink) one that can be found.
    pub(crate) fn link(&mut self, index: u32) {
        let bucket = self.bucket(self.slab.at(index).key());
        *self.slab.at_mut(index).next_mut() = self.first(bucket);
        self.set_first(bucket, index);
        self.linked = self.linked.saturating_add(1);
    }

    /// Makes a value one that cannot be found. It keeps its index.
    pub(crate) fn unlink(&mut self, index: u32) {
        let bucket = self.bucket(self.slab.at(index).key());
        let after = self.slab.at(index).next();
        let mut before = NONE;
        let mut here = self.first(bucket);
        while here != index && here != NONE {
            self.step();
            before = here;
            here = self.slab.at(here).next();
        }
        if before == NONE {
            self.set_first(bucket, after);
        } else {
            *self.slab.at_mut(before).next_mut() = after;
        }
        self.linked = self.linked.saturating_sub(1);
    }

    /// Gives up a value that was [taken out](Self::unlink). The last one gives all memory back.
    pub(crate) fn remove(&mut self, index: u32) {
        self.slab.remove(index);
        if self.slab.len() == 0 {
            self.buckets.clear();
        }
    }

    /// Buckets. There are fewer than 2^24, see [`ChunkedVec`].
    #[expect(
        clippy::cast_possible_truncation,
        reason = "chunks have an end far below"
    )]
    const fn size(&self) -> u32 {
        self.buckets.len() as u32
    }

    /// The bucket of a key: its hash, modulo the next power of two, or modulo half of it where
    /// that bucket has not been split yet.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low half of a hash is a hash"
    )]
    fn bucket(&self, key: &RouteKey) -> u32 {
        let hash = key.hash(self.seed) as u32;
        let mask = self
            .size()
            .checked_next_power_of_two()
            .unwrap_or(0)
            .wrapping_sub(1);
        let bucket = hash & mask;
        if bucket < self.size() {
            bucket
        } else {
            hash & (mask >> 1)
        }
    }

    /// One more bucket: the values of one are shared out between it and the new one. Without
    /// memory chains stay a little longer.
    fn split(&mut self) {
        let new = self.size();
        let half = new
            .checked_next_power_of_two()
            .map_or(new, |power| if power == new { new } else { power >> 1 });
        let old = new.wrapping_sub(half);
        if self.buckets.push(NONE).is_err() {
            return;
        }
        let mut index = self.first(old);
        self.set_first(old, NONE);
        while index != NONE {
            self.step();
            let next = self.slab.at(index).next();
            let bucket = self.bucket(self.slab.at(index).key());
            *self.slab.at_mut(index).next_mut() = self.first(bucket);
            self.set_first(bucket, index);
            index = next;
        }
    }

    fn first(&self, bucket: u32) -> u32 {
        self.buckets.get(bucket as usize).copied().unwrap_or(NONE)
    }

    fn set_first(&mut self, bucket: u32, index: u32) {
        if let Some(first) = self.buckets.get_mut(bucket as usize) {
            *first = index;
        }
    }

    fn step(&self) {
        self.steps.set(self.steps.get().wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Value {
        key: RouteKey,
        next: u32,
    }

    impl Chained for Value {
        fn key(&self) -> &RouteKey {
            &self.key
        }

        fn next(&self) -> u32 {
            self.next
        }

        fn next_mut(&mut self) -> &mut u32 {
            &mut self.next
        }
    }

    fn filled(count: u64) -> KeyedSlab<Value> {
        let mut keyed = KeyedSlab::new(7);
        for number in 0..count {
            keyed.reserve().unwrap();
            keyed.insert(Value {
                key: RouteKey::numbered(number),
                next: NONE,
            });
        }
        keyed
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let keyed = filled(10_000);
        for number in 0..10_000 {
            let index = keyed.find(&RouteKey::numbered(number));
            assert_eq!(keyed.slab().at(index).key, RouteKey::numbered(number));
        }
        assert_eq!(keyed.find(&RouteKey::numbered(10_000)), NONE);
    }

    #[test]
    fn what_is_unlinked_is_not_found_until_it_is_linked_again() {
        let mut keyed = filled(1_000);
        for number in (0..1_000).step_by(3) {
            let index = keyed.find(&RouteKey::numbered(number));
            keyed.unlink(index);
            assert_eq!(keyed.find(&RouteKey::numbered(number)), NONE);
            keyed.link(index);
            assert_eq!(keyed.find(&RouteKey::numbered(number)), index);
        }
        assert_eq!(keyed.len(), 1_000);
    }

    #[test]
    fn the_last_value_gives_the_buckets_back() {
        let mut keyed = filled(1_000);
        for number in 0..1_000 {
            let index = keyed.find(&RouteKey::numbered(number));
            keyed.unlink(index);
            keyed.remove(index);
        }
        assert_eq!((keyed.len(), keyed.size()), (0, 0));
        keyed.reserve().unwrap();
        keyed.insert(Value::default());
        assert_ne!(keyed.find(&RouteKey::default()), NONE);
    }

    #[test]
    fn a_search_takes_as_many_steps_in_a_million_values_as_in_a_thousand() {
        let steps = |count: u64| {
            let keyed = filled(count);
            let grown = keyed.steps();
            for number in 0..1_000 {
                keyed.find(&RouteKey::numbered(number));
            }
            (grown / count, (keyed.steps() - grown) / 1_000)
        };
        for count in [1_000, 30_000, 1_000_000] {
            let (grow, find) = steps(count);
            assert!(grow <= 3 && find <= 2, "{count}: {grow}, {find}");
        }
    }
}
