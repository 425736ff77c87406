//! Whose a route is: how the handle of a batch stands to the lease of a route, and how it takes one.

use abi::{Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::batch::{BatchEntry, LeaseMode};
use super::context::Transaction;
use super::lease_change::LeaseChange;
use super::refused::{Refused, RefusedBecause};
use crate::alloc::{HashedKey, StaleId};
use crate::leases::records::{HandleEntryId, InterfaceId, LeaseId, LeaseState};
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;
use crate::written_route::WrittenRoute;

/// How a handle stands to the lease of a route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    /// No handle holds the route.
    Free,
    /// The handle holds it, perhaps with other handles.
    Mine(LeaseId),
    /// Other handles hold it, and share it with this one.
    Joinable(LeaseId),
    /// Other handles held it, but the route is gone and has no guard, or its adapter is gone and
    /// another one has the LUID.
    Vacant(LeaseId),
}

/// A route that was written, and that the handle is to hold.
#[derive(Clone, Copy)]
pub(super) struct LeasedWrite {
    pub(super) key: HashedKey,
    pub(super) written: WrittenRoute,
    /// The row before, if there was one.
    pub(super) displaced: Option<MibIpForwardRow2>,
    /// The adapter, if the route is to be guarded.
    pub(super) adapter: Option<Guid>,
}

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// A batch with leases has registered its handle before.
    pub(super) fn registered_handle(&self) -> Result<HandleEntryId, StaleId> {
        self.handle.ok_or(StaleId)
    }

    pub(super) fn mine(&self, key: &HashedKey) -> Result<Option<Ownership>, StaleId> {
        match self.leases.find_hashed(key) {
            Some(lease) if self.leases.holds(self.handle, lease)? => {
                Ok(Some(Ownership::Mine(lease)))
            }
            _ => Ok(None),
        }
    }

    /// Whether the handle, another handle or no handle holds the lease of a route. Reserves room in
    /// the lease table for the records that the entry will add.
    pub(super) fn ownership(
        &mut self,
        key: &HashedKey,
        row: &MibIpForwardRow2,
        mode: LeaseMode,
    ) -> Result<Ownership, Refused> {
        let handle = self.registered_handle()?;
        let Some(lease) = self.leases.find_hashed(key) else {
            self.leases.reserve(handle, None)?;
            return Ok(Ownership::Free);
        };
        if self.leases.holds(Some(handle), lease)? {
            self.leases.reserve_interface()?;
            return Ok(Ownership::Mine(lease));
        }
        let state = *self.leases.lease(lease)?.state();
        if self.leases.is_on_another_adapter(self.stack, lease)? {
            self.leases.reserve(handle, None)?;
            return Ok(Ownership::Vacant(lease));
        }
        let wanted = RouteAttributes::of(row);
        if state.shared && mode.shared && state.written.is_request_of(&wanted) {
            self.leases.reserve(handle, Some(lease))?;
            return Ok(Ownership::Joinable(lease));
        }
        match self.stack.get(row) {
            Err(status) if status.is_absent() && !state.guarded => {
                self.leases.reserve(handle, None)?;
                Ok(Ownership::Vacant(lease))
            }
            current => Err(Refused {
                status: NtStatus::SHARING_VIOLATION,
                because: current.map_or(RefusedBecause::BrokenRule, RefusedBecause::Route),
            }),
        }
    }

    /// The adapter on which an entry will write a guarded route; `None` if the route will have no
    /// guard. It is read before the write: a guard that learned another adapter would leave the
    /// route behind, and one that knew the LUID alone would restore it on any adapter that gets it.
    ///
    /// # Errors
    ///
    /// The status with which the stack failed to say so.
    pub(super) fn adapter_to_guard(
        &self,
        ownership: Ownership,
        key: &RouteKey,
        entry: &BatchEntry,
    ) -> Result<Option<Guid>, NtStatus> {
        let was_guarded = match ownership {
            Ownership::Mine(lease) => self.leases.lease(lease)?.state().guarded,
            Ownership::Free | Ownership::Joinable(_) | Ownership::Vacant(_) => false,
        };
        if !was_guarded && entry.lease.is_none_or(|mode| !mode.guarded) {
            return Ok(None);
        }
        match self.stack.interface_guid(key.luid()) {
            Ok(adapter) => Ok(Some(adapter)),
            Err(status) if status.is_transient() => Err(status),
            // If the stack does not have the interface, its status is that of the row.
            Err(status) => {
                let interface = self.stack.interface(&MibIpInterfaceRow {
                    family: key.family().0,
                    interface_luid: key.luid(),
                    ..MibIpInterfaceRow::default()
                });
                Err(interface.err().unwrap_or(status))
            }
        }
    }

    /// Makes the handle hold a route that has just been written on an adapter.
    pub(super) fn take(
        &mut self,
        ownership: Ownership,
        entry: &BatchEntry,
        write: LeasedWrite,
    ) -> Result<LeaseChange, StaleId> {
        let LeasedWrite {
            key,
            written,
            displaced,
            adapter,
        } = write;
        let new = LeaseState {
            written,
            shared: entry.lease.is_some_and(|mode| mode.shared),
            guarded: entry.lease.is_some_and(|mode| mode.guarded),
            ..LeaseState::default()
        };
        match ownership {
            Ownership::Free => {
                let handle = self.registered_handle()?;
                let taken = self.leases.add(handle, &key, new, displaced)?;
                self.attach_interface(self.leases.lease_ref(taken)?.lease(), adapter)?;
                Ok(LeaseChange::Taken(taken))
            }
            Ownership::Vacant(ended) => {
                let handle = self.registered_handle()?;
                self.leases.unlink(ended)?;
                let taken = self.leases.add(handle, &key, new, displaced)?;
                self.attach_interface(self.leases.lease_ref(taken)?.lease(), adapter)?;
                Ok(LeaseChange::TakenOver { taken, ended })
            }
            Ownership::Joinable(lease) => {
                let handle = self.registered_handle()?;
                Ok(LeaseChange::Taken(self.leases.join(handle, lease)?))
            }
            Ownership::Mine(lease) => {
                let before = *self.leases.lease(lease)?.state();
                let is_alone = self.leases.lease(lease)?.ref_count() == 1;
                let mode = entry.lease.filter(|_| is_alone).unwrap_or(LeaseMode {
                    shared: before.shared,
                    guarded: before.guarded,
                });
                let after = LeaseState {
                    shared: mode.shared,
                    guarded: mode.guarded,
                    // A route that was created again displaces no row.
                    restores_displaced: before.restores_displaced && displaced.is_some(),
                    ..new
                };
                self.leases.amend(lease, after)?;
                let interface = self.attach_interface(lease, adapter)?;
                self.declare(lease)?;
                Ok(LeaseChange::Amended(lease, before, interface))
            }
        }
    }

    /// Records the interface of a lease, if the lease is guarded. Returns the record of an adapter
    /// that another one has replaced.
    fn attach_interface(
        &mut self,
        lease: LeaseId,
        adapter: Option<Guid>,
    ) -> Result<Option<InterfaceId>, StaleId> {
        if !self.leases.lease(lease)?.state().guarded {
            return Ok(None);
        }
        if self.leases.lacks_interface(lease, adapter)? {
            return self.leases.attach_interface(self.stack, lease, adapter);
        }
        self.leases.on_route_written(lease)?;
        Ok(None)
    }

    /// Adds the handle's lease to its newest declared set.
    fn declare(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        match self.leases.ref_of(lease, self.handle)? {
            Some(lease_ref) => self.leases.mark_declared(lease_ref),
            None => Ok(()),
        }
    }

    /// Whether an upsert finds its own lease as it wants it. If so, the lease is in the declared
    /// set.
    pub(super) fn continues(
        &mut self,
        lease: LeaseId,
        mode: Option<LeaseMode>,
        wanted: &RouteAttributes,
        current: &RouteAttributes,
    ) -> Result<bool, StaleId> {
        let record = self.leases.lease(lease)?;
        let state = record.state();
        let is_alone = record.ref_count() == 1;
        let same_mode = state.shared == mode.is_some_and(|mode| mode.shared)
            && state.guarded == mode.is_some_and(|mode| mode.guarded);
        // An upsert of a route that its guard has given up starts the guard afresh.
        let continues = state.written.is_as_requested(wanted, current)
            && !state.guard_gave_up()
            && !self.leases.is_replaced(lease)?
            && (!is_alone || same_mode);
        if continues {
            self.declare(lease)?;
        }
        Ok(continues)
    }
}
