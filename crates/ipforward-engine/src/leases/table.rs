//! The lease table.
//!
//! Every record is found by key or id, and no step takes longer because there are more leases.
//! What is unlinked can be relinked exactly, without memory, until it is freed: this is how a batch
//! is undone.

use abi::{MibIpForwardRow2, NtStatus};

use super::guard_phase::GuardLists;
use super::interface_records::InterfaceRecords;
use super::limits::{LeaseLimits, NoRoom};
use super::records::{
    HandleEntry, HandleEntryId, Lease, LeaseId, LeaseRef, LeaseRefId, LeaseState,
};
use super::settings_records::SettingsRecords;
use crate::alloc::{HashedKey, KeyedSlab, Links, List, Slab, StaleId};
use crate::handle_id::HandleId;
use crate::overridden_flags::OverriddenFlags;
use crate::route_key::RouteKey;
use crate::route_table_size::RouteTableSize;

/// All leases of all handles.
#[derive(Debug)]
pub struct LeaseTable {
    pub(super) leases: KeyedSlab<Lease>,
    pub(super) refs: Slab<LeaseRef>,
    pub(super) displaced: Slab<MibIpForwardRow2>,
    pub(super) handles: Slab<HandleEntry>,
    /// Closed handles with leases that could not be released yet.
    pub(super) pending_release: List<HandleEntry>,
    /// The one of them whose leases are tried next.
    pub(super) retry_next: Option<HandleEntryId>,
    pub(super) guard_lists: GuardLists<Lease>,
    pub(super) interfaces: InterfaceRecords,
    pub(super) settings: SettingsRecords,
    /// The slot from which the scan of leases without a guard continues. The scan runs after
    /// notifications were lost.
    pub(super) scan_from: Option<usize>,
    /// The slot from which the comparison of all leases with the route table continues, which runs
    /// after a resume of the system.
    pub(super) resume_from: Option<usize>,
    /// True if the stack failed to read the routes of some leases without a guard.
    pub(super) scan_incomplete: bool,
    /// What the writes under the lock of this table have shown.
    pub(crate) overridden_flags: OverriddenFlags,
    /// What declared sets have seen of the route table.
    pub(crate) route_table_size: RouteTableSize,
    /// Number of changes of this table.
    pub(super) generation: u64,
    pub(super) limits: LeaseLimits,
}

impl LeaseTable {
    /// An empty table. The seed must be a number that callers cannot guess.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            leases: KeyedSlab::new(seed),
            refs: Slab::default(),
            displaced: Slab::default(),
            handles: Slab::default(),
            pending_release: List::default(),
            retry_next: None,
            guard_lists: GuardLists::default(),
            interfaces: InterfaceRecords::default(),
            settings: SettingsRecords::default(),
            scan_from: None,
            resume_from: None,
            scan_incomplete: false,
            overridden_flags: OverriddenFlags::default(),
            route_table_size: RouteTableSize::default(),
            generation: 0,
            limits: LeaseLimits::CONTRACT,
        }
    }

    /// Number of leased routes.
    #[must_use]
    pub const fn leases(&self) -> u32 {
        self.leases.len()
    }

    /// Number of handles that hold leases, or have some left to release.
    #[cfg(test)]
    pub(crate) const fn handles(&self) -> u32 {
        self.handles.len()
    }

    /// Number of records visited so far by searches: the cost of an operation grows with it.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.leases.steps()
    }

    /// The lease of the route with this key.
    pub(crate) fn find(&self, key: &RouteKey) -> Option<LeaseId> {
        self.leases.find(&self.hashed(*key))
    }

    /// The seed of the hash of keys.
    pub(crate) const fn seed(&self) -> u64 {
        self.leases.seed()
    }

    /// A key with its hash in this table.
    pub(crate) fn hashed(&self, key: RouteKey) -> HashedKey {
        self.leases.hashed(key)
    }

    /// The lease of the route with this key.
    pub(crate) fn find_hashed(&self, key: &HashedKey) -> Option<LeaseId> {
        self.leases.find(key)
    }

    pub(crate) fn lease(&self, lease: LeaseId) -> Result<&Lease, StaleId> {
        self.leases.slab().get(lease)
    }

    pub(super) fn lease_mut(&mut self, lease: LeaseId) -> Result<&mut Lease, StaleId> {
        self.leases.slab_mut().get_mut(lease)
    }

    pub(crate) fn lease_ref(&self, lease_ref: LeaseRefId) -> Result<&LeaseRef, StaleId> {
        self.refs.get(lease_ref)
    }

    /// What the same handle took before this lease.
    pub(crate) fn taken_before(
        &self,
        lease_ref: LeaseRefId,
    ) -> Result<Option<LeaseRefId>, StaleId> {
        Ok(self.lease_ref(lease_ref)?.in_handle.previous())
    }

    pub(crate) fn handle(&self, handle: HandleEntryId) -> Result<&HandleEntry, StaleId> {
        self.handles.get(handle)
    }

    pub(crate) fn handle_mut(
        &mut self,
        handle: HandleEntryId,
    ) -> Result<&mut HandleEntry, StaleId> {
        self.handles.get_mut(handle)
    }

    /// The row that a lease displaced.
    pub(crate) fn displaced(&self, lease: LeaseId) -> Result<Option<&MibIpForwardRow2>, StaleId> {
        let displaced = self.lease(lease)?.displaced;
        displaced.map(|row| self.displaced.get(row)).transpose()
    }

    /// Makes an entry for a handle.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn register(
        &mut self,
        handle: HandleId,
        process_id: u32,
    ) -> Result<HandleEntryId, NtStatus> {
        self.handles.reserve()?;
        Ok(self.handles.insert(HandleEntry::new(handle, process_id))?)
    }

    /// The record that links `handle` to `lease`, if the handle holds the lease.
    pub(crate) fn ref_of(
        &self,
        lease: LeaseId,
        handle: Option<HandleEntryId>,
    ) -> Result<Option<LeaseRefId>, StaleId> {
        let Some(handle) = handle else {
            return Ok(None);
        };
        let mut next = self.lease(lease)?.refs.first();
        while let Some(here) = next {
            let record = self.lease_ref(here)?;
            if record.handle == handle {
                return Ok(Some(here));
            }
            next = record.in_lease.next();
        }
        Ok(None)
    }

    /// Whether a handle holds a lease.
    pub(crate) fn holds(
        &self,
        handle: Option<HandleEntryId>,
        lease: LeaseId,
    ) -> Result<bool, StaleId> {
        Ok(self.ref_of(lease, handle)?.is_some())
    }

    /// Makes sure that [`add`](Self::add), or [`join`](Self::join) of the lease `joining`, finds
    /// room.
    ///
    /// # Errors
    ///
    /// A limit is reached, or there is no memory.
    pub(crate) fn reserve(
        &mut self,
        handle: HandleEntryId,
        joining: Option<LeaseId>,
    ) -> Result<(), NoRoom> {
        self.check_limits(handle, joining)?;
        self.refs.reserve()?;
        self.displaced.reserve()?;
        self.interfaces.reserve()?;
        Ok(self.leases.reserve()?)
    }

    /// Adds a lease, in the room that [`reserve`](Self::reserve) made sure of.
    pub(crate) fn add(
        &mut self,
        handle: HandleEntryId,
        key: &HashedKey,
        state: LeaseState,
        displaced: Option<MibIpForwardRow2>,
    ) -> Result<LeaseRefId, StaleId> {
        let displaced = displaced
            .map(|row| self.displaced.insert(row))
            .transpose()?;
        let state = LeaseState {
            restores_displaced: displaced.is_some(),
            ..state
        };
        let lease = self.leases.insert(Lease {
            displaced,
            ..Lease::new(key, state)
        })?;
        self.link_guard(lease)?;
        self.join(handle, lease)
    }

    /// Makes one more handle hold a lease, in the room that [`reserve`](Self::reserve) made sure
    /// of.
    pub(crate) fn join(
        &mut self,
        handle: HandleEntryId,
        lease: LeaseId,
    ) -> Result<LeaseRefId, StaleId> {
        self.count_change();
        let lease_ref = self.refs.insert(LeaseRef {
            lease,
            handle,
            in_lease: Links::default(),
            in_handle: Links::default(),
            epoch: self.handle(handle)?.epoch,
        })?;
        let record = self.leases.slab_mut().get_mut(lease)?;
        record.refs.push(&mut self.refs, lease_ref, in_lease)?;
        record.ref_count = record.ref_count.saturating_add(1);
        let bytes = record.bytes();
        let record = self.handles.get_mut(handle)?;
        record.refs.push(&mut self.refs, lease_ref, in_handle)?;
        record.ref_count = record.ref_count.saturating_add(1);
        record.bytes = record.bytes.plus(bytes);
        Ok(lease_ref)
    }

    /// Replaces the state of a lease.
    pub(crate) fn amend(&mut self, lease: LeaseId, state: LeaseState) -> Result<(), StaleId> {
        self.count_change();
        self.unlink_guard(lease)?;
        self.lease_mut(lease)?.state = state;
        self.link_guard(lease)
    }

    /// Adds a lease to the newest declared set of its handle.
    pub(crate) fn mark_declared(&mut self, lease_ref: LeaseRefId) -> Result<(), StaleId> {
        let epoch = self.handle(self.lease_ref(lease_ref)?.handle)?.epoch;
        self.refs.get_mut(lease_ref)?.epoch = epoch;
        Ok(())
    }

    /// Moves a lease that could not be released to the beginning of all that its handle holds, and
    /// adds it to the newest declared set.
    pub(super) fn set_aside(&mut self, lease_ref: LeaseRefId) -> Result<(), StaleId> {
        self.mark_declared(lease_ref)?;
        let handle = self.handles.get_mut(self.refs.get(lease_ref)?.handle)?;
        handle.refs.unlink(&mut self.refs, lease_ref, in_handle)?;
        handle.refs.push_first(&mut self.refs, lease_ref, in_handle)
    }

    /// Unlinks one handle from a lease that other handles hold, too.
    pub(crate) fn unlink_share(&mut self, lease_ref: LeaseRefId) -> Result<(), StaleId> {
        self.count_change();
        let lease = self.lease_ref(lease_ref)?.lease;
        let record = self.leases.slab_mut().get_mut(lease)?;
        record.refs.unlink(&mut self.refs, lease_ref, in_lease)?;
        record.ref_count = record.ref_count.saturating_sub(1);
        self.unlink_from_handle(lease_ref)
    }

    /// Undoes [`unlink_share`](Self::unlink_share).
    pub(crate) fn relink_share(
        &mut self,
        lease_ref: LeaseRefId,
        exactly: bool,
    ) -> Result<(), StaleId> {
        self.count_change();
        let lease = self.lease_ref(lease_ref)?.lease;
        let record = self.leases.slab_mut().get_mut(lease)?;
        record.refs.push(&mut self.refs, lease_ref, in_lease)?;
        record.ref_count = record.ref_count.saturating_add(1);
        self.relink_to_handle(lease_ref, exactly)
    }

    /// Frees what [`unlink_share`](Self::unlink_share) unlinked.
    pub(crate) fn free_share(&mut self, lease_ref: LeaseRefId) -> Result<(), StaleId> {
        self.refs.remove(lease_ref)
    }

    /// Unlinks a lease from the table and from all handles that hold it.
    pub(crate) fn unlink(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        self.count_change();
        self.leases.unlink(lease)?;
        self.unlink_guard(lease)?;
        let mut next = self.lease(lease)?.refs.first();
        while let Some(here) = next {
            self.unlink_from_handle(here)?;
            next = self.lease_ref(here)?.in_lease.next();
        }
        Ok(())
    }

    /// Undoes [`unlink`](Self::unlink). `exactly` if all changes since have been undone: then each
    /// handle has its leases in the same order as before.
    pub(crate) fn relink(&mut self, lease: LeaseId, exactly: bool) -> Result<(), StaleId> {
        self.count_change();
        let mut next = self.lease(lease)?.refs.last();
        while let Some(here) = next {
            self.relink_to_handle(here, exactly)?;
            next = self.lease_ref(here)?.in_lease.previous();
        }
        self.leases.link(lease)?;
        self.link_guard(lease)
    }

    /// Frees what [`unlink`](Self::unlink) unlinked.
    pub(crate) fn free(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        let Lease {
            refs,
            displaced,
            interface,
            ..
        } = *self.lease(lease)?;
        let mut next = refs.first();
        while let Some(here) = next {
            next = self.lease_ref(here)?.in_lease.next();
            self.refs.remove(here)?;
        }
        if let Some(row) = displaced {
            self.displaced.remove(row)?;
        }
        if let Some(id) = interface {
            self.interfaces.release(id)?;
        }
        self.leases.remove(lease)
    }

    pub(super) const fn count_change(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    fn unlink_from_handle(&mut self, lease_ref: LeaseRefId) -> Result<(), StaleId> {
        let LeaseRef { lease, handle, .. } = *self.refs.get(lease_ref)?;
        let bytes = self.lease(lease)?.bytes();
        let handle = self.handles.get_mut(handle)?;
        handle.refs.unlink(&mut self.refs, lease_ref, in_handle)?;
        handle.ref_count = handle.ref_count.saturating_sub(1);
        handle.bytes = handle.bytes.minus(bytes);
        Ok(())
    }

    fn relink_to_handle(&mut self, lease_ref: LeaseRefId, exactly: bool) -> Result<(), StaleId> {
        let LeaseRef { lease, handle, .. } = *self.refs.get(lease_ref)?;
        let bytes = self.lease(lease)?.bytes();
        let handle = self.handles.get_mut(handle)?;
        if exactly {
            handle.refs.relink(&mut self.refs, lease_ref, in_handle)?;
        } else {
            handle.refs.push(&mut self.refs, lease_ref, in_handle)?;
        }
        handle.ref_count = handle.ref_count.saturating_add(1);
        handle.bytes = handle.bytes.plus(bytes);
        Ok(())
    }
}

fn in_lease(lease_ref: &mut LeaseRef) -> &mut Links<LeaseRef> {
    &mut lease_ref.in_lease
}

fn in_handle(lease_ref: &mut LeaseRef) -> &mut Links<LeaseRef> {
    &mut lease_ref.in_handle
}
