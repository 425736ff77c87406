//! A stack on which nothing is done: it remembers what would have been, for a dry run.

use core::cell::Cell;

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, Cause, ExplainRequest, MibIpForwardRow2,
    MibIpInterfaceRow, NtStatus,
};

use crate::alloc::{Chained, KeyedSlab, NONE};
use crate::diagnose::diagnose;
use crate::network_stack::NetworkStack;
use crate::route_key::RouteKey;

/// The stack as it would be.
pub(super) struct DryRunStack<'a, Stack> {
    stack: &'a Stack,
    /// Taken out while it is used.
    changed: Cell<Option<KeyedSlab<Changed>>>,
}

/// A route that would be otherwise.
#[derive(Clone, Copy, Debug)]
struct Changed {
    key: RouteKey,
    chain: u32,
    /// What it would be; `None` if it would be gone.
    row: Option<MibIpForwardRow2>,
}

impl Default for Changed {
    fn default() -> Self {
        Self {
            key: RouteKey::default(),
            chain: NONE,
            row: None,
        }
    }
}

impl Chained for Changed {
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

impl<'a, Stack: NetworkStack> DryRunStack<'a, Stack> {
    pub(super) const fn new(stack: &'a Stack) -> Self {
        Self {
            stack,
            changed: Cell::new(None),
        }
    }

    /// A route that would be otherwise; `None` if it is as the stack has it.
    fn recall(&self, key: &RouteKey) -> Option<Changed> {
        let changed = self.changed.take()?;
        let index = changed.find(key);
        let known = (index != NONE).then(|| *changed.slab().at(index));
        self.changed.set(Some(changed));
        known
    }

    fn remember(&self, key: RouteKey, row: Option<MibIpForwardRow2>) -> Result<(), NtStatus> {
        let mut changed = self.changed.take().unwrap_or_else(|| KeyedSlab::new(0));
        // The stack would know the interface by its LUID.
        let row = row.map(|row| MibIpForwardRow2 {
            interface_luid: key.luid(),
            ..row
        });
        let index = changed.find(&key);
        let outcome = if index == NONE {
            changed.reserve().map(|()| {
                changed.insert(Changed {
                    key,
                    chain: NONE,
                    row,
                });
            })
        } else {
            changed.slab_mut().at_mut(index).row = row;
            Ok(())
        };
        self.changed.set(Some(changed));
        outcome
    }

    fn key(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        if row.interface_luid != 0 {
            return Ok(RouteKey::of(row));
        }
        let interface = self.stack.interface(&MibIpInterfaceRow {
            family: row.destination_prefix.prefix.family,
            interface_index: row.interface_index,
            ..MibIpInterfaceRow::default()
        })?;
        Ok(RouteKey::on(interface.interface_luid, row))
    }

    /// The status with which the stack would refuse a row, if it would.
    fn judge(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let request = ExplainRequest {
            row: *row,
            ..ExplainRequest::default()
        };
        match diagnose(&request, self)?.cause() {
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

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.initialize()
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.judge(row)?;
        match self.get(row) {
            Ok(_) => Err(NtStatus::DUPLICATE_OBJECTID),
            Err(status) if status.is_absent() => self.remember(self.key(row)?, Some(*row)),
            Err(status) => Err(status),
        }
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.judge(row)?;
        self.get(row)?;
        self.remember(self.key(row)?, Some(*row))
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.get(row)?;
        self.remember(self.key(row)?, None)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match self.key(row).map(|key| self.recall(&key)) {
            Ok(Some(known)) => known.row.ok_or(NtStatus::NOT_FOUND),
            Err(status) if status.is_transient() => Err(status),
            Ok(None) | Err(_) => self.stack.get(row),
        }
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.stack.routes(family)
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        self.stack.best_route(request)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.stack.interface(row)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        self.stack.interfaces(family)
    }
}
