//! The stack of a dry run: it changes no route, and records the changes that it was asked for.

use core::cell::Cell;

use abi::{AddressFamily, BestRoute, Cause, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::context::resolve;
use crate::alloc::{ChainLink, Chained, HashedKey, Id, KeyedSlab, Slab};
use crate::compartment::CompartmentId;
use crate::diagnose::rule_broken_by_members;
use crate::leases::LeaseTable;
use crate::memory::Bytes;
use crate::network_stack::{InterfaceKey, NetworkStack, RouteLookup};
use crate::overridden_flags::OverriddenFlags;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;

/// The stack as it would be.
pub(super) struct DryRunStack<'a, Stack> {
    stack: &'a Stack,
    overridden_flags: OverriddenFlags,
    changed: KeyedSlab<ChangedRoute>,
    /// The interface that the stack found last, and its LUID: many entries name the same one.
    interface: Cell<Option<(InterfaceKey, u64)>>,
}

/// A route that would have changed.
#[derive(Clone, Copy, Debug)]
struct ChangedRoute {
    key: RouteKey,
    chain: ChainLink<Self>,
    /// The row that the route would have, with the interface as it was written; `None` if the route would
    /// be gone.
    row: Option<MibIpForwardRow2>,
}

/// The memory of one changed route.
pub(super) const BYTES_PER_DRY_CHANGE: Bytes =
    Bytes::new(Slab::<ChangedRoute>::SLOT + size_of::<u32>());

impl Chained for ChangedRoute {
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

impl<'a, Stack: NetworkStack> DryRunStack<'a, Stack> {
    pub(super) fn new(stack: &'a Stack, leases: &LeaseTable) -> Self {
        Self {
            stack,
            overridden_flags: leases.overridden_flags,
            changed: KeyedSlab::new(leases.seed()),
            interface: Cell::new(None),
        }
    }

    /// The key of a row, with its hash.
    fn key(&self, row: &MibIpForwardRow2) -> Result<HashedKey, NtStatus> {
        Ok(self.changed.hashed(resolve(self, row)?))
    }

    /// The route with the key, as it would be, and its record if an entry would have changed it.
    fn look_up(
        &self,
        key: &HashedKey,
        row: &MibIpForwardRow2,
    ) -> (Option<Id<ChangedRoute>>, Result<MibIpForwardRow2, NtStatus>) {
        let Some(id) = self.changed.find(key) else {
            return (None, self.stack.get(row));
        };
        let changed = self.changed.slab().get(id).map_err(NtStatus::from);
        let found = changed.and_then(|changed| changed.row.ok_or(NtStatus::NOT_FOUND));
        // The stack would return the LUID of the interface.
        let found = found.map(|row| MibIpForwardRow2 {
            interface_luid: key.key().luid(),
            ..row
        });
        (Some(id), found)
    }

    /// Records the row that a route would have; `None` if the route would be deleted. `id` is its
    /// record, if there is one.
    fn keep(
        &mut self,
        id: Option<Id<ChangedRoute>>,
        key: &HashedKey,
        row: Option<&MibIpForwardRow2>,
    ) -> Result<(), NtStatus> {
        if let Some(id) = id {
            self.changed.slab_mut().get_mut(id)?.row = row.copied();
            return Ok(());
        }
        self.changed.reserve()?;
        self.changed.insert(ChangedRoute {
            key: *key.key(),
            chain: ChainLink::new(key),
            row: row.copied(),
        })?;
        Ok(())
    }

    /// The status with which the stack would refuse a row, whatever routes there are.
    fn check(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        match rule_broken_by_members(row, self)? {
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
        let key = self.key(row)?;
        match self.look_up(&key, row) {
            (_, Ok(_)) => Err(NtStatus::DUPLICATE_OBJECTID),
            (id, Err(status)) if status.is_absent() => self.keep(id, &key, Some(row)),
            (_, Err(status)) => Err(status),
        }
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.check(row)?;
        let key = self.key(row)?;
        let (id, before) = self.look_up(&key, row);
        let before = RouteAttributes::of(&before?);
        let requested = RouteAttributes::of(row);
        let after = self.overridden_flags.after_set(&before, requested);
        self.keep(id, &key, Some(&after.with_keys_of(row)))
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let key = match self.key(row) {
            Ok(key) => key,
            Err(status) if status.is_transient() => return Err(status),
            Err(status) => return Err(self.stack.get(row).err().unwrap_or(status)),
        };
        let (id, found) = self.look_up(&key, row);
        found?;
        self.keep(id, &key, None)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match self.key(row) {
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
        self.stack.interface(row)
    }

    fn luid_of(&self, key: InterfaceKey) -> Result<u64, NtStatus> {
        if let Some((last, luid)) = self.interface.get()
            && last == key
        {
            return Ok(luid);
        }
        let luid = self.stack.luid_of(key)?;
        self.interface.set(Some((key, luid)));
        Ok(luid)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_stack::FakeStack;

    #[test]
    fn keys_are_hashed_with_the_seed_of_the_lease_table() {
        let (stack, leases) = (FakeStack::default(), LeaseTable::new(7));
        let stack = &stack;
        let dry_run = DryRunStack::new(&stack, &leases);
        assert_eq!(dry_run.changed.seed(), 7);
    }
}
