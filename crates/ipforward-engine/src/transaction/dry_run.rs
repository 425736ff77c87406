//! The stack of a dry run: it changes no route, and records the changes that it was asked for.

use core::cell::Cell;

use abi::{AddressFamily, BestRoute, Cause, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::context::resolve;
use crate::alloc::{Chained, Id, KeyedSlab, Slab};
use crate::compartment::CompartmentId;
use crate::diagnose::diagnose_members;
use crate::memory::Bytes;
use crate::network_stack::{NetworkStack, RouteLookup};
use crate::overridden_flags::OverriddenFlags;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;

/// The stack as it would be.
pub(super) struct DryRunStack<'a, Stack> {
    stack: &'a Stack,
    overridden_flags: OverriddenFlags,
    changed: KeyedSlab<ChangedRoute>,
    /// The interface that the stack found last: many entries name the same one.
    interface: Cell<Option<FoundInterface>>,
}

/// An interface by the members that a caller asked with, and as the stack has it.
#[derive(Clone, Copy)]
struct FoundInterface {
    family: u16,
    luid: u64,
    index: u32,
    row: MibIpInterfaceRow,
}

impl FoundInterface {
    const fn is(&self, asked: &MibIpInterfaceRow) -> bool {
        self.family == asked.family
            && self.luid == asked.interface_luid
            && self.index == asked.interface_index
    }
}

/// A route that would have changed.
#[derive(Clone, Copy, Debug)]
struct ChangedRoute {
    key: RouteKey,
    chain: Option<Id<Self>>,
    /// The row that the route would have; `None` if it would be gone.
    row: Option<MibIpForwardRow2>,
}

/// The memory of one changed route.
pub(super) const BYTES_PER_DRY_CHANGE: Bytes =
    Bytes::new(Slab::<ChangedRoute>::SLOT + size_of::<u32>());

impl Chained for ChangedRoute {
    fn key(&self) -> &RouteKey {
        &self.key
    }

    fn next(&self) -> Option<Id<Self>> {
        self.chain
    }

    fn next_mut(&mut self) -> &mut Option<Id<Self>> {
        &mut self.chain
    }
}

impl<'a, Stack: NetworkStack> DryRunStack<'a, Stack> {
    pub(super) fn new(stack: &'a Stack, overridden_flags: OverriddenFlags) -> Self {
        Self {
            stack,
            overridden_flags,
            changed: KeyedSlab::new(0),
            interface: Cell::new(None),
        }
    }

    /// The route with the key, as it would be, and its record if an entry would have changed it.
    fn look_up(
        &self,
        key: &RouteKey,
        row: &MibIpForwardRow2,
    ) -> (Option<Id<ChangedRoute>>, Result<MibIpForwardRow2, NtStatus>) {
        let Some(id) = self.changed.find(key) else {
            return (None, self.stack.get(row));
        };
        let changed = self.changed.slab().get(id).map_err(NtStatus::from);
        let found = changed.and_then(|changed| changed.row.ok_or(NtStatus::NOT_FOUND));
        (Some(id), found)
    }

    /// Records the row that a route would have; `None` if the route would be deleted. `id` is its
    /// record, if there is one.
    fn keep(
        &mut self,
        id: Option<Id<ChangedRoute>>,
        key: RouteKey,
        row: Option<MibIpForwardRow2>,
    ) -> Result<(), NtStatus> {
        // The stack would return the LUID of the interface.
        let row = row.map(|row| MibIpForwardRow2 {
            interface_luid: key.luid(),
            ..row
        });
        if let Some(id) = id {
            self.changed.slab_mut().get_mut(id)?.row = row;
            return Ok(());
        }
        self.changed.reserve()?;
        self.changed.insert(ChangedRoute {
            key,
            chain: None,
            row,
        })?;
        Ok(())
    }

    /// The status with which the stack would refuse a row, whatever routes there are.
    fn check(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        match diagnose_members(row, self)?.cause() {
            Cause::NONE => Ok(()),
            Cause::FAMILY_WITHOUT_STACK => Err(NtStatus::NOT_SUPPORTED),
            Cause::INTERFACE_UNKNOWN | Cause::FAMILY_NOT_BOUND => Err(NtStatus::NOT_FOUND),
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }
}

impl<Stack: NetworkStack> NetworkStack for DryRunStack<'_, Stack> {
    type Routes = Stack::Routes;
    type Interfaces = Stack::Interfaces;
    type Addresses = Stack::Addresses;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.initialize()
    }

    fn create(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.check(row)?;
        let key = resolve(self, row)?;
        match self.look_up(&key, row) {
            (_, Ok(_)) => Err(NtStatus::DUPLICATE_OBJECTID),
            (id, Err(status)) if status.is_absent() => self.keep(id, key, Some(*row)),
            (_, Err(status)) => Err(status),
        }
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.check(row)?;
        let key = resolve(self, row)?;
        let (id, before) = self.look_up(&key, row);
        let before = RouteAttributes::of(&before?);
        let requested = RouteAttributes::of(row);
        let after = self.overridden_flags.after_set(&before, requested);
        self.keep(id, key, Some(after.with_keys_of(row)))
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let key = match resolve(self, row) {
            Ok(key) => key,
            Err(status) if status.is_transient() => return Err(status),
            Err(status) => return Err(self.stack.get(row).err().unwrap_or(status)),
        };
        let (id, found) = self.look_up(&key, row);
        found?;
        self.keep(id, key, None)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match resolve(self, row) {
            Ok(key) => self.look_up(&key, row).1,
            Err(status) if status.is_transient() => Err(status),
            Err(_) => self.stack.get(row),
        }
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.stack.routes(family)
    }

    fn best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        self.stack.best_route(lookup)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        if let Some(last) = self.interface.get()
            && last.is(row)
        {
            return Ok(last.row);
        }
        let found = self.stack.interface(row)?;
        self.interface.set(Some(FoundInterface {
            family: row.family,
            luid: row.interface_luid,
            index: row.interface_index,
            row: found,
        }));
        Ok(found)
    }

    /// No entry of a batch changes an interface.
    fn set_interface(&mut self, _row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        self.stack.interfaces(family)
    }

    fn addresses(&self, family: AddressFamily) -> Result<Self::Addresses, NtStatus> {
        self.stack.addresses(family)
    }

    fn interface_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.stack.interface_guid(luid)
    }

    fn interface_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        self.stack.interface_luid(guid)
    }

    fn compartment(&self) -> CompartmentId {
        self.stack.compartment()
    }

    fn enter(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.interface.set(None);
        self.stack.enter(compartment)
    }

    fn leave(&self, before: CompartmentId) {
        self.interface.set(None);
        self.stack.leave(before);
    }
}
