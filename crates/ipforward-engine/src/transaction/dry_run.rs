//! The stack of a dry run: it changes no route, and records the changes that it was asked for.

use core::cell::Cell;

use abi::{AddressFamily, BestRoute, Cause, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::changed_routes::{ChangeRecord, ChangedRoutes};
use super::context::resolve;
use crate::alloc::{HashedKey, Id};
use crate::compartment::CompartmentId;
use crate::diagnose::rule_broken_by_members;
use crate::leases::LeaseTable;
use crate::network_stack::{InterfaceKey, NetworkStack, RouteLookup};
use crate::overridden_flags::OverriddenFlags;
use crate::route_attributes::RouteAttributes;

/// The stack as it would be.
pub(super) struct DryRunStack<'a, Stack> {
    stack: &'a Stack,
    overridden_flags: OverriddenFlags,
    changed: ChangedRoutes,
    /// The interface that the stack found last, and its LUID: many entries name the same one.
    interface: Cell<Option<(InterfaceKey, u64)>>,
}

impl<'a, Stack: NetworkStack> DryRunStack<'a, Stack> {
    /// The stack as it is, before so many entries.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory for their changes.
    pub(super) fn new(
        stack: &'a Stack,
        leases: &LeaseTable,
        entries: u32,
    ) -> Result<Self, NtStatus> {
        Ok(Self {
            stack,
            overridden_flags: leases.overridden_flags,
            changed: ChangedRoutes::new(leases.seed(), entries)?,
            interface: Cell::new(None),
        })
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
    ) -> Result<(Option<Id<ChangeRecord>>, MibIpForwardRow2), NtStatus> {
        let Some(id) = self.changed.find(key) else {
            return Ok((None, self.stack.get(row)?));
        };
        // The stack would return the LUID of the interface.
        let found = MibIpForwardRow2 {
            interface_luid: key.key().luid(),
            ..*self.changed.row(id)?
        };
        Ok((Some(id), found))
    }

    /// The record of a route that is absent, or would be.
    ///
    /// # Errors
    ///
    /// `STATUS_DUPLICATE_OBJECTID`: there is such a route. That of the stack otherwise.
    fn look_up_absent(
        &self,
        key: &HashedKey,
        row: &MibIpForwardRow2,
    ) -> Result<Option<Id<ChangeRecord>>, NtStatus> {
        let id = self.changed.find(key);
        let is_absent = match id {
            Some(id) => self.changed.row(id).is_err(),
            None => self.is_absent(row)?,
        };
        if is_absent {
            Ok(id)
        } else {
            Err(NtStatus::DUPLICATE_OBJECTID)
        }
    }

    /// Whether the stack has no such route.
    fn is_absent(&self, row: &MibIpForwardRow2) -> Result<bool, NtStatus> {
        match self.stack.get(row) {
            Ok(_) => Ok(false),
            Err(status) if status.is_absent() => Ok(true),
            Err(status) => Err(status),
        }
    }

    /// Records the row that a route would have; `None` if the route would be deleted. `id` is its
    /// record, if there is one.
    fn keep(
        &mut self,
        id: Option<Id<ChangeRecord>>,
        key: &HashedKey,
        row: Option<&MibIpForwardRow2>,
    ) -> Result<(), NtStatus> {
        match id {
            Some(id) => {
                self.changed.change(id, row);
                Ok(())
            }
            None => self.changed.insert(key, row),
        }
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
        let id = self.look_up_absent(&key, row)?;
        self.keep(id, &key, Some(row))
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.check(row)?;
        let key = self.key(row)?;
        let (id, before) = self.look_up(&key, row)?;
        let before = RouteAttributes::of(&before);
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
        let (id, _) = self.look_up(&key, row)?;
        self.keep(id, &key, None)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match self.key(row) {
            Ok(key) => Ok(self.look_up(&key, row)?.1),
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
    use crate::route_key::RouteKey;

    #[test]
    fn keys_are_hashed_with_the_seed_of_the_lease_table() {
        let (stack, leases) = (FakeStack::default(), LeaseTable::new(7));
        let stack = &stack;
        let dry_run = DryRunStack::new(&stack, &leases, 1).unwrap();
        let key = RouteKey::default();
        assert_eq!(dry_run.changed.hashed(key), HashedKey::new(key, 7));
    }
}
