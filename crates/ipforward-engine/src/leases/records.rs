//! The records of the leases.

use crate::alloc::{Chained, Links, List, NONE};
use crate::leases::backoff::Guard;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;

/// One leased route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(super) key: RouteKey,
    /// The next lease in the same bucket.
    pub(super) chain: u32,
    /// The row that was there before, in the leases's `displaced`; or `NONE`.
    pub(super) displaced: u32,
    /// Who holds it.
    pub(super) owners: List,
    /// Its place in the list that `state` names, if it is guarded.
    pub(super) guard_links: Links,
    pub(super) owner_count: u16,
    pub(super) terms: LeaseState,
}

/// What of a lease can change while it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaseState {
    /// The route as it read back after it was made.
    pub(crate) made: RouteAttributes,
    /// What the guard remembers.
    pub(crate) guard: Guard,
    /// When the guard acts next.
    pub(crate) due: u64,
    /// Which list of the guard it is in.
    pub(crate) state: u8,
    /// Which it was in before it could not be looked at.
    pub(crate) unseen_in: u8,
    /// Whether its end puts the displaced row back, instead of deleting the route.
    pub(crate) puts_back: bool,
    /// Whether other handles may hold it too.
    pub(crate) shared: bool,
    /// Whether it is put back when somebody else removes or changes it.
    pub(crate) guarded: bool,
}

impl LeaseState {
    /// The same, with a guard that starts afresh.
    pub(crate) fn calm(self) -> Self {
        Self {
            guard: Guard::default(),
            due: 0,
            state: 0,
            unseen_in: 0,
            ..self
        }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            key: RouteKey::default(),
            chain: NONE,
            displaced: NONE,
            owners: List::default(),
            guard_links: Links::default(),
            owner_count: 0,
            terms: LeaseState::default(),
        }
    }
}

impl Lease {
    /// The keys of the route.
    pub(crate) const fn route(&self) -> &RouteKey {
        &self.key
    }

    /// What can change.
    pub(crate) const fn terms(&self) -> &LeaseState {
        &self.terms
    }

    /// How many handles hold it.
    pub(crate) const fn owner_count(&self) -> u16 {
        self.owner_count
    }
}

impl Chained for Lease {
    fn key(&self) -> &RouteKey {
        &self.key
    }

    fn next(&self) -> u32 {
        self.chain
    }

    fn next_mut(&mut self) -> &mut u32 {
        &mut self.chain
    }
}

/// That one handle holds one lease.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseRef {
    pub(super) lease: u32,
    pub(super) holder: u32,
    /// Among the owners of the lease.
    pub(super) of_lease: Links,
    /// Among all that the handle holds, in the order in which it took them.
    pub(super) of_holder: Links,
    /// The declared set that it was in last.
    pub(super) epoch: u32,
}

impl Default for LeaseRef {
    fn default() -> Self {
        Self {
            lease: NONE,
            holder: NONE,
            of_lease: Links::default(),
            of_holder: Links::default(),
            epoch: 0,
        }
    }
}

impl LeaseRef {
    pub(crate) const fn lease(&self) -> u32 {
        self.lease
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// One handle that holds leases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HandleEntry {
    /// The handle's number.
    pub(super) handle: u64,
    /// The process that opened it.
    pub(super) process_id: u32,
    pub(super) owners: List,
    pub(super) count: u32,
    /// Among the closed handles some of whose leases could not be ended yet.
    pub(super) closing: Links,
    /// Whether it is.
    pub(super) pending_release: bool,
    /// Whether its leases are being ended.
    pub(super) releasing: bool,
    /// The declared set that is the newest.
    pub(crate) epoch: u32,
    /// What came of it so far.
    pub(crate) set: DeclaredSet,
}

impl HandleEntry {
    pub(crate) const fn owners(&self) -> List {
        self.owners
    }
}

/// A set that a handle declares in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DeclaredSet {
    /// None is being declared.
    #[default]
    Closed,
    /// More pages are to come.
    Open,
    /// More pages are to come, and one entry has failed.
    Failed,
}

/// What the leases needs for one leased route beside its displaced row and its buckets.
pub(crate) const BYTES_PER_LEASE: usize =
    crate::alloc::Slab::<Lease>::PLACE + crate::alloc::Slab::<LeaseRef>::PLACE + size_of::<u32>();

// The directory of the chunks adds less than a byte for each of the three.
const _: () = assert!(BYTES_PER_LEASE + 3 <= 192);
