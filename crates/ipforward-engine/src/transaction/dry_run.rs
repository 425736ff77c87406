//! The stack of a dry run: it changes no route, and records the changes that it was asked for.

use abi::{AddressFamily, BestRoute, Cause, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::context::resolve;
use crate::alloc::{Chained, Id, KeyedSlab, Slab};
use crate::compartment::CompartmentId;
use crate::diagnose::diagnose;
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
        }
    }

    fn find(&self, key: &RouteKey) -> Option<&ChangedRoute> {
        self.changed.slab().get(self.changed.find(key)?).ok()
    }

    /// Records the row that a route would have; `None` if the route would be deleted.
    fn keep(&mut self, key: RouteKey, row: Option<MibIpForwardRow2>) -> Result<(), NtStatus> {
        // The stack would return the LUID of the interface.
        let row = row.map(|row| MibIpForwardRow2 {
            interface_luid: key.luid(),
            ..row
        });
        if let Some(id) = self.changed.find(&key) {
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

    /// The status with which the stack would refuse a row.
    fn check(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        match diagnose(row, None, self)?.cause() {
            Cause::NONE | Cause::DUPLICATE => Ok(()),
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
        match self.get(row) {
            Ok(_) => Err(NtStatus::DUPLICATE_OBJECTID),
            Err(status) if status.is_absent() => {
                let key = resolve(self.stack, row)?;
                self.keep(key, Some(*row))
            }
            Err(status) => Err(status),
        }
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.check(row)?;
        let before = RouteAttributes::of(&self.get(row)?);
        let key = resolve(self.stack, row)?;
        let requested = RouteAttributes::of(row);
        let after = self.overridden_flags.after_set(&before, requested);
        self.keep(key, Some(after.with_keys_of(row)))
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.get(row)?;
        let key = resolve(self.stack, row)?;
        self.keep(key, None)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match resolve(self.stack, row).map(|key| self.find(&key)) {
            Ok(Some(changed)) => changed.row.ok_or(NtStatus::NOT_FOUND),
            Err(status) if status.is_transient() => Err(status),
            Ok(None) | Err(_) => self.stack.get(row),
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
        self.stack.enter(compartment)
    }

    fn leave(&self, before: CompartmentId) {
        self.stack.leave(before);
    }
}
