//! The records of the lease table.

use abi::{AddressFamily, Guid, MibIpForwardRow2};

use super::backoff::Backoff;
use super::guard_phase::GuardPhase;
use crate::alloc::{ChainLink, Chained, HashedKey, Id, Links, List, Slab};
use crate::compartment::CompartmentId;
use crate::handle_id::HandleId;
use crate::memory::Bytes;
use crate::route_key::RouteKey;
use crate::time::KernelTime;
use crate::written_route::WrittenRoute;

/// Id of a leased route.
pub(crate) type LeaseId = Id<Lease>;

/// Id of the record that links a handle to a lease.
pub(crate) type LeaseRefId = Id<LeaseRef>;

/// Id of a handle's entry in the lease table.
pub(crate) type HandleEntryId = Id<HandleEntry>;

/// Id of the record of an interface.
pub(crate) type InterfaceId = Id<GuardedInterface>;

/// One leased route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(super) key: RouteKey,
    /// The link to the next lease in the same bucket.
    pub(super) chain: ChainLink<Self>,
    /// The row that the lease displaced.
    pub(super) displaced: Option<Id<MibIpForwardRow2>>,
    /// The handles that hold the lease.
    pub(super) refs: List<LeaseRef>,
    /// The neighbours in the list of its guard phase, if the lease has one.
    pub(super) guard_links: Links<Self>,
    /// The interface of the route, once the lease had a guard phase.
    pub(super) interface: Option<InterfaceId>,
    pub(super) ref_count: u16,
    pub(super) state: LeaseState,
}

/// The part of a lease that changes while the lease lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own"
)]
pub(crate) struct LeaseState {
    /// The route as it was written last.
    pub(crate) written: WrittenRoute,
    /// The guard's attempts to restore the route.
    pub(crate) backoff: Backoff,
    /// When the guard acts next.
    pub(crate) due: KernelTime,
    /// What the guard waits for.
    pub(crate) phase: GuardPhase,
    /// The phase before [`GuardPhase::Unreadable`].
    pub(crate) phase_when_readable: GuardPhase,
    /// Whether the end of the lease restores the displaced row, instead of deleting the route.
    pub(crate) restores_displaced: bool,
    /// Whether other handles may hold the lease, too.
    pub(crate) shared: bool,
    /// Whether the route is restored after another program has removed or changed it.
    pub(crate) guarded: bool,
    /// True if the stack lost the route in a sleep of the system, until the route is restored: then a
    /// lease without a guard has a guard phase, too.
    pub(crate) lost_in_sleep: bool,
}

impl LeaseState {
    /// Whether the lease is in the list of its guard phase.
    pub(super) const fn has_phase(&self) -> bool {
        self.guarded || self.lost_in_sleep
    }

    /// The same state with a guard that starts afresh.
    pub(crate) fn with_new_guard(self) -> Self {
        Self {
            backoff: Backoff::default(),
            due: KernelTime::default(),
            phase: GuardPhase::default(),
            phase_when_readable: GuardPhase::default(),
            ..self
        }
    }

    /// The phase of the guard, or that before the stack failed to read the route.
    pub(super) fn readable_phase(&self) -> GuardPhase {
        match self.phase {
            GuardPhase::Unreadable => self.phase_when_readable,
            phase => phase,
        }
    }

    /// Whether the guard does not restore the route any more.
    pub(crate) fn guard_gave_up(&self) -> bool {
        self.guarded && self.phase == GuardPhase::GaveUp
    }
}

impl Lease {
    /// A lease that no handle holds yet.
    pub(super) fn new(key: &HashedKey, state: LeaseState) -> Self {
        Self {
            key: *key.key(),
            chain: ChainLink::new(key),
            displaced: None,
            refs: List::default(),
            guard_links: Links::default(),
            interface: None,
            ref_count: 0,
            state,
        }
    }

    /// The key of the route.
    pub(crate) const fn key(&self) -> &RouteKey {
        &self.key
    }

    /// Changes the key of a lease that is not in the table.
    pub(super) const fn set_key(&mut self, key: &HashedKey) {
        self.key = *key.key();
        self.chain = ChainLink::new(key);
    }

    pub(crate) const fn state(&self) -> &LeaseState {
        &self.state
    }

    /// Number of handles that hold the lease.
    pub(crate) const fn ref_count(&self) -> u16 {
        self.ref_count
    }

    /// The memory that the lease counts for each of its handles. It stays the same while the lease
    /// lasts.
    pub(super) const fn bytes(&self) -> Bytes {
        match self.displaced {
            Some(_) => BYTES_PER_LEASE.plus(BYTES_PER_DISPLACED_ROW),
            None => BYTES_PER_LEASE,
        }
    }
}

impl Chained for Lease {
    fn key(&self) -> &RouteKey {
        &self.key
    }

    fn link(&self) -> &ChainLink<Self> {
        &self.chain
    }

    fn link_mut(&mut self) -> &mut ChainLink<Self> {
        &mut self.chain
    }
}

/// The link between a handle and a lease that the handle holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseRef {
    pub(super) lease: LeaseId,
    pub(super) handle: HandleEntryId,
    /// The neighbours among the handles of the lease.
    pub(super) in_lease: Links<Self>,
    /// The neighbours among the leases of the handle, in the order in which it took them.
    pub(super) in_handle: Links<Self>,
    /// The last declared set of the handle that contained the lease.
    pub(super) epoch: u32,
}

impl LeaseRef {
    pub(crate) const fn lease(&self) -> LeaseId {
        self.lease
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// A handle that holds leases, or has some left to release.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandleEntry {
    pub(super) handle: HandleId,
    /// The process that opened the handle.
    pub(super) process_id: u32,
    pub(super) refs: List<LeaseRef>,
    pub(super) ref_count: u32,
    /// The memory of its leases.
    pub(super) bytes: Bytes,
    /// The neighbours on the list of handles with a pending release.
    pub(super) pending_links: Links<Self>,
    /// True while the handle is on the list of handles with a pending release.
    pub(super) pending_release: bool,
    /// True while the leases of the handle are being released.
    pub(super) releasing: bool,
    /// Number of the newest declared set.
    pub(crate) epoch: u32,
    /// Progress of the newest declared set.
    pub(crate) set: DeclaredSet,
}

impl HandleEntry {
    /// A handle that holds no lease yet.
    pub(super) fn new(handle: HandleId, process_id: u32) -> Self {
        Self {
            handle,
            process_id,
            refs: List::default(),
            ref_count: 0,
            bytes: Bytes::default(),
            pending_links: Links::default(),
            pending_release: false,
            releasing: false,
            epoch: 0,
            set: DeclaredSet::default(),
        }
    }

    pub(crate) const fn refs(&self) -> List<LeaseRef> {
        self.refs
    }

    /// Number of leases that the handle holds.
    pub(crate) const fn lease_count(&self) -> u32 {
        self.ref_count
    }
}

/// One address family on one adapter that has guarded routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuardedInterface {
    /// The compartment in which the stack has the interface.
    pub(super) compartment: CompartmentId,
    pub(super) luid: u64,
    pub(super) family: AddressFamily,
    /// The adapter; `None` if the stack did not say.
    pub(super) guid: Option<Guid>,
    /// Whether the interface has had an address of the family: then it needs one.
    pub(super) needs_address: bool,
    /// What the stack said the last time.
    pub(super) usability: Usability,
    /// When the interface could be used again.
    pub(super) usable_since: Option<KernelTime>,
    /// When the interface is checked although no change of it is notified.
    pub(super) check_due: Option<KernelTime>,
    /// The leases that wait for the interface.
    pub(super) waiting: List<Lease>,
    /// Number of leases on the interface.
    pub(super) leases: u32,
    /// The neighbours in the list of all interfaces.
    pub(super) links: Links<Self>,
}

/// What the stack says about the interface of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usability {
    /// Routes can be used on it.
    Usable,
    /// It is disconnected, or without an address of the family.
    Unusable,
    /// It is gone.
    Gone,
    /// Another adapter has its LUID.
    Replaced,
}

/// Progress of a set that a handle declares in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DeclaredSet {
    /// No set is being declared.
    #[default]
    Closed,
    /// More pages follow.
    Open,
    /// More pages follow, and an entry has failed.
    Failed,
}

/// Bytes of one leased route, without its displaced row.
const LEASE_SIZE: usize = Slab::<Lease>::SLOT + Slab::<LeaseRef>::SLOT + size_of::<u32>();

// The directory of the chunks adds less than a byte for each of the three.
const _: () = assert!(LEASE_SIZE + 3 <= 192);

/// The memory of one leased route, without its displaced row.
pub(crate) const BYTES_PER_LEASE: Bytes = Bytes::new(LEASE_SIZE);

/// The memory of a displaced row.
pub(crate) const BYTES_PER_DISPLACED_ROW: Bytes = Bytes::new(Slab::<MibIpForwardRow2>::SLOT);
