//! The routes that a dry run would have changed, by key: a hash table that is made for the entries of
//! the batch. It grows only if leases would end that are not in a declared set.

use abi::{MibIpForwardRow2, NtStatus};
use allocator_api2::alloc::Global;

use crate::alloc::{ChunkedVec, HashedKey, Id};
use crate::memory::Bytes;
use crate::route_key::RouteKey;

/// The routes that a dry run would have changed.
pub(super) struct ChangedRoutes {
    routes: ChunkedVec<ChangeRecord>,
    /// The first route of each chain. Their number is a power of two.
    buckets: ChunkedVec<Option<Id<ChangeRecord>>>,
    seed: u64,
}

/// A route that would have changed.
pub(super) struct ChangeRecord {
    key: HashedKey,
    /// The next one whose key falls into the same bucket.
    next: Option<Id<Self>>,
    /// The row that the route would have, with the interface as it was written; `None` if the route would
    /// be gone.
    row: Option<MibIpForwardRow2>,
}

/// Memory of one changed route, and of its share of the buckets: of many routes, each has at most two.
pub(super) const BYTES_PER_CHANGED_ROUTE: Bytes =
    Bytes::new(size_of::<ChangeRecord>() + 2 * size_of::<Option<Id<ChangeRecord>>>());

impl ChangedRoutes {
    /// An empty table with buckets for so many routes. The seed must be unknown to callers.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn new(seed: u64, expected: u32) -> Result<Self, NtStatus> {
        let buckets = expected.max(1).checked_next_power_of_two();
        let buckets = buckets.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        Ok(Self {
            routes: ChunkedVec::new(),
            buckets: ChunkedVec::filled(Global, buckets as usize, &None)?,
            seed,
        })
    }

    /// A key with its hash.
    pub(super) fn hashed(&self, key: RouteKey) -> HashedKey {
        HashedKey::new(key, self.seed)
    }

    /// The changed route with a key.
    #[inline]
    pub(super) fn find(&self, key: &HashedKey) -> Option<Id<ChangeRecord>> {
        let mut next = *self.buckets.get(self.bucket(key))?;
        while let Some(id) = next {
            let route = self.routes.get(id.index())?;
            if route.key == *key {
                break;
            }
            next = route.next;
        }
        next
    }

    /// The row that a changed route would have.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND`: the route would be gone.
    pub(super) fn row(&self, id: Id<ChangeRecord>) -> Result<&MibIpForwardRow2, NtStatus> {
        let route = self.routes.get(id.index());
        let row = route.and_then(|route| route.row.as_ref());
        row.ok_or(NtStatus::NOT_FOUND)
    }

    /// Changes a route that has changed before.
    pub(super) fn change(&mut self, id: Id<ChangeRecord>, row: Option<&MibIpForwardRow2>) {
        if let Some(route) = self.routes.get_mut(id.index()) {
            route.row = row.copied();
        }
    }

    /// Adds a route that is not among them.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn insert(
        &mut self,
        key: &HashedKey,
        row: Option<&MibIpForwardRow2>,
    ) -> Result<(), NtStatus> {
        if self.routes.len() > self.buckets.len() {
            self.grow();
        }
        let bucket = self.bucket(key);
        let first = self.buckets.get_mut(bucket);
        let first = first.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let id = Id::from_index(self.routes.len()).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let (key, next) = (*key, *first);
        // Two calls of `push`: with one, the compiler copies the row a second time.
        match row {
            Some(row) => self.routes.push(ChangeRecord {
                key,
                next,
                row: Some(*row),
            }),
            None => self.routes.push(ChangeRecord {
                key,
                next,
                row: None,
            }),
        }?;
        *first = Some(id);
        Ok(())
    }

    /// Doubles the number of buckets. Without memory the chains stay longer.
    #[cold]
    fn grow(&mut self) {
        let twice = self.buckets.len().saturating_mul(2);
        let Ok(buckets) = ChunkedVec::filled(Global, twice, &None) else {
            return;
        };
        self.buckets = buckets;
        for (index, route) in self.routes.iter_mut().enumerate() {
            if let Some(first) = self.buckets.get_mut(bucket_of(&route.key, twice)) {
                route.next = core::mem::replace(first, Id::from_index(index));
            }
        }
    }

    fn bucket(&self, key: &HashedKey) -> usize {
        bucket_of(key, self.buckets.len())
    }
}

/// The bucket of a key among so many, which is a power of two.
const fn bucket_of(key: &HashedKey, buckets: usize) -> usize {
    key.hash() as usize & buckets.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_driver::ROUTE;

    fn route(number: u8) -> MibIpForwardRow2 {
        let mut row = ROUTE;
        row.destination_prefix.prefix.ipv4_or_flow = [10, 0, 0, number];
        row
    }

    fn changed_to(rows: impl Iterator<Item = MibIpForwardRow2>, expected: u32) -> ChangedRoutes {
        let mut changed = ChangedRoutes::new(7, expected).unwrap();
        for row in rows {
            let key = changed.hashed(RouteKey::of(&row));
            assert_eq!(changed.find(&key), None);
            changed.insert(&key, Some(&row)).unwrap();
        }
        changed
    }

    #[test]
    fn each_of_many_routes_is_found_by_its_key() {
        for expected in [0, 1, 3, 200] {
            let mut changed = changed_to((0..200).map(route), expected);
            for row in (0..200).map(route) {
                let id = changed.find(&changed.hashed(RouteKey::of(&row))).unwrap();
                assert_eq!(changed.row(id), Ok(&row));
                changed.change(id, None);
                assert_eq!(changed.row(id), Err(NtStatus::NOT_FOUND));
            }
            let other = changed.hashed(RouteKey::of(&route(200)));
            assert_eq!(changed.find(&other), None);
        }
    }

    #[test]
    fn chains_stay_short_beyond_the_expected_number() {
        for expected in [0, 10_000] {
            let routes = (0..10_000).map(RouteKey::numbered).map(|key| key.row());
            let changed = changed_to(routes, expected);
            let longest = changed.buckets.iter().map(|first| {
                let next = |id: &Id<ChangeRecord>| changed.routes.get(id.index())?.next;
                core::iter::successors(*first, next).count()
            });
            // Seven, and twelve if growing leaves the chains as they were.
            assert!(longest.max().unwrap() <= 8);
        }
    }
}
