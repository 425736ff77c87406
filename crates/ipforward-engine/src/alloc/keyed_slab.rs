//! Values by key: a hash table that grows by one bucket at a time (linear hashing), so that no single
//! insertion has to move the others, and in chunks.

use core::cell::Cell;

use abi::NtStatus;
use allocator_api2::alloc::Global;

use super::{ChunkedVec, Id, Slab, StaleId};
use crate::route_key::RouteKey;

/// Buckets that a table begins with.
const BUCKETS_MIN: usize = 64;

/// A key with its hash for one seed. Hashing costs more than a search, so a key is hashed once,
/// however often it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HashedKey {
    hash: u32,
    key: RouteKey,
}

impl HashedKey {
    /// A key with its hash in tables with this seed, which must be unknown to callers: with it, they can
    /// make keys that collide.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low half of a hash is a hash"
    )]
    pub(crate) fn new(key: RouteKey, seed: u64) -> Self {
        Self {
            hash: key.hash(seed) as u32,
            key,
        }
    }

    /// The hash.
    pub(crate) const fn hash(&self) -> u32 {
        self.hash
    }

    /// The key.
    pub(crate) const fn key(&self) -> &RouteKey {
        &self.key
    }
}

/// The link of a value to the next one whose key falls into the same bucket.
#[derive(Debug)]
pub(crate) struct ChainLink<T> {
    /// The hash of the value's key.
    hash: u32,
    next: Option<Id<T>>,
}

impl<T> ChainLink<T> {
    /// The link of a value with this key, which is in no chain yet.
    pub(crate) const fn new(key: &HashedKey) -> Self {
        Self {
            hash: key.hash,
            next: None,
        }
    }
}

impl<T> Clone for ChainLink<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ChainLink<T> {}

/// A value with a key, in a chain of values whose keys fall into one bucket.
pub(crate) trait Chained: Sized {
    /// The key.
    fn key(&self) -> &RouteKey;

    /// The link to the next value of the chain.
    fn link(&self) -> &ChainLink<Self>;

    /// The link to the next value of the chain, to change it.
    fn link_mut(&mut self) -> &mut ChainLink<Self>;
}

/// Values in a slab, found by key.
#[derive(Debug)]
pub(crate) struct KeyedSlab<T> {
    slab: Slab<T>,
    /// The first value of each chain.
    buckets: ChunkedVec<Option<Id<T>>>,
    linked: u32,
    seed: u64,
    steps: Cell<u64>,
}

impl<T: Chained> KeyedSlab<T> {
    /// An empty table with a seed for the hash.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::default(),
            buckets: ChunkedVec::new(),
            linked: 0,
            seed,
            steps: Cell::new(0),
        }
    }

    /// The seed of the hash.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Number of values that can be found.
    pub(crate) const fn len(&self) -> u32 {
        self.linked
    }

    /// Number of values visited so far by searches and by growth.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The values by id.
    pub(crate) const fn slab(&self) -> &Slab<T> {
        &self.slab
    }

    /// The values by id, to change them, but not their keys.
    pub(crate) const fn slab_mut(&mut self) -> &mut Slab<T> {
        &mut self.slab
    }

    /// A key with its hash in this table.
    pub(crate) fn hashed(&self, key: RouteKey) -> HashedKey {
        HashedKey::new(key, self.seed)
    }

    /// The value with this key.
    pub(crate) fn find(&self, key: &HashedKey) -> Option<Id<T>> {
        let mut id = self.first(self.bucket(key.hash));
        while let Some(here) = id {
            self.step();
            let value = self.slab.get(here).ok()?;
            let link = value.link();
            if link.hash == key.hash && value.key() == key.key() {
                return Some(here);
            }
            id = link.next;
        }
        None
    }

    /// Makes sure that the next [`insert`](Self::insert) finds room.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve(&mut self) -> Result<(), NtStatus> {
        if self.size() == 0 {
            self.buckets = ChunkedVec::filled(Global, BUCKETS_MIN, &None)?;
        }
        self.slab.reserve()
    }

    /// Adds a value with a new key, in the room that [`reserve`](Self::reserve) made sure of.
    pub(crate) fn insert(&mut self, mut value: T) -> Result<Id<T>, StaleId> {
        let bucket = self.bucket(value.link().hash);
        value.link_mut().next = self.first(bucket);
        let id = self.slab.insert(value)?;
        self.set_first(bucket, Some(id));
        self.linked = self.linked.saturating_add(1);
        if self.linked > self.size() {
            self.split()?;
        }
        Ok(id)
    }

    /// Makes an [unlinked](Self::unlink) value one that can be found again.
    pub(crate) fn link(&mut self, id: Id<T>) -> Result<(), StaleId> {
        self.chain(id)?;
        self.linked = self.linked.saturating_add(1);
        Ok(())
    }

    /// Makes a value one that cannot be found. The value keeps its id.
    pub(crate) fn unlink(&mut self, id: Id<T>) -> Result<(), StaleId> {
        let link = self.slab.get(id)?.link();
        let (bucket, after) = (self.bucket(link.hash), link.next);
        let mut before = None;
        let mut here = self.first(bucket);
        while let Some(other) = here.filter(|here| *here != id) {
            self.step();
            before = Some(other);
            here = self.slab.get(other)?.link().next;
        }
        match before {
            Some(before) => self.slab.get_mut(before)?.link_mut().next = after,
            None => self.set_first(bucket, after),
        }
        self.linked = self.linked.saturating_sub(1);
        Ok(())
    }

    /// Frees an [unlinked](Self::unlink) value. Freeing the last one frees all memory.
    pub(crate) fn remove(&mut self, id: Id<T>) -> Result<(), StaleId> {
        self.slab.remove(id)?;
        if self.slab.len() == 0 {
            self.buckets.clear();
        }
        Ok(())
    }

    /// Number of buckets: fewer than 2^24, see [`ChunkedVec`].
    #[expect(
        clippy::cast_possible_truncation,
        reason = "chunks have an end far below"
    )]
    const fn size(&self) -> u32 {
        self.buckets.len() as u32
    }

    /// The bucket of a key with this hash: the hash modulo the next power of two, or modulo half of it
    /// where that bucket has not been split yet.
    fn bucket(&self, hash: u32) -> u32 {
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

    /// Adds one bucket, and moves those values into it that belong there now. Without memory the
    /// chains stay a little longer.
    fn split(&mut self) -> Result<(), StaleId> {
        let new = self.size();
        let half = new
            .checked_next_power_of_two()
            .map_or(new, |power| if power == new { new } else { power >> 1 });
        let old = new.wrapping_sub(half);
        if self.buckets.push(None).is_err() {
            return Ok(());
        }
        let mut id = self.first(old);
        self.set_first(old, None);
        while let Some(here) = id {
            self.step();
            id = self.slab.get(here)?.link().next;
            self.chain(here)?;
        }
        Ok(())
    }

    /// Makes a value the first of the chain of its bucket.
    fn chain(&mut self, id: Id<T>) -> Result<(), StaleId> {
        let bucket = self.bucket(self.slab.get(id)?.link().hash);
        self.slab.get_mut(id)?.link_mut().next = self.first(bucket);
        self.set_first(bucket, Some(id));
        Ok(())
    }

    fn first(&self, bucket: u32) -> Option<Id<T>> {
        self.buckets.get(bucket as usize).copied().flatten()
    }

    fn set_first(&mut self, bucket: u32, id: Option<Id<T>>) {
        if let Some(first) = self.buckets.get_mut(bucket as usize) {
            *first = id;
        }
    }

    fn step(&self) {
        self.steps.set(self.steps.get().wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Value {
        key: RouteKey,
        link: ChainLink<Self>,
    }

    impl Value {
        fn new(key: &HashedKey) -> Self {
            Self {
                key: *key.key(),
                link: ChainLink::new(key),
            }
        }
    }

    impl Chained for Value {
        fn key(&self) -> &RouteKey {
            &self.key
        }

        fn link(&self) -> &ChainLink<Self> {
            &self.link
        }

        fn link_mut(&mut self) -> &mut ChainLink<Self> {
            &mut self.link
        }
    }

    fn add(keyed: &mut KeyedSlab<Value>, number: u64) {
        let key = keyed.hashed(RouteKey::numbered(number));
        keyed.reserve().unwrap();
        keyed.insert(Value::new(&key)).unwrap();
    }

    fn find(keyed: &KeyedSlab<Value>, number: u64) -> Option<Id<Value>> {
        keyed.find(&keyed.hashed(RouteKey::numbered(number)))
    }

    fn filled(count: u64) -> KeyedSlab<Value> {
        let mut keyed = KeyedSlab::new(7);
        for number in 0..count {
            add(&mut keyed, number);
        }
        keyed
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let keyed = filled(10_000);
        for number in 0..10_000 {
            let id = find(&keyed, number).unwrap();
            let value = keyed.slab().get(id).unwrap();
            assert_eq!(value.key, RouteKey::numbered(number));
        }
        assert_eq!(find(&keyed, 10_000), None);
    }

    #[test]
    fn an_unlinked_value_is_not_found_until_it_is_linked() {
        let mut keyed = filled(1_000);
        for number in (0..1_000).step_by(3) {
            let id = find(&keyed, number).unwrap();
            keyed.unlink(id).unwrap();
            assert_eq!(find(&keyed, number), None);
            keyed.link(id).unwrap();
            assert_eq!(find(&keyed, number), Some(id));
        }
        assert_eq!(keyed.len(), 1_000);
    }

    #[test]
    fn freeing_the_last_value_frees_the_buckets() {
        let mut keyed = filled(1_000);
        for number in 0..1_000 {
            let id = find(&keyed, number).unwrap();
            keyed.unlink(id).unwrap();
            keyed.remove(id).unwrap();
        }
        assert_eq!((keyed.len(), keyed.size()), (0, 0));
        add(&mut keyed, 1);
        assert!(find(&keyed, 1).is_some());
    }

    #[test]
    fn a_search_takes_as_many_steps_in_a_million_values() {
        let steps = |count: u64| {
            let keyed = filled(count);
            let grown = keyed.steps();
            for number in 0..1_000 {
                find(&keyed, number);
            }
            (grown / count, (keyed.steps() - grown) / 1_000)
        };
        for count in [1_000, 30_000, 1_000_000] {
            let (grow, find) = steps(count);
            assert!(grow <= 3 && find <= 2, "{count}: {grow}, {find}");
        }
    }
}
