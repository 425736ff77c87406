//! What every change of the route table needs.

use abi::{MibIpForwardRow2, NtStatus};

use super::route_snapshot::RouteSnapshot;
use crate::compartment::CompartmentId;
use crate::leases::LeaseTable;
use crate::leases::records::HandleEntryId;
use crate::network_stack::{InterfaceKey, NetworkStack};
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;
use crate::written_route::WrittenRoute;

/// How often a route is read back if the stack has no memory: an equal set writes nothing only if it
/// was.
const READ_ATTEMPTS: u32 = 3;

/// Context of a change: the network stack, the lease table, and the handle that makes the change.
pub(crate) struct Transaction<'a, Stack: NetworkStack> {
    pub(crate) stack: &'a mut Stack,
    pub(crate) leases: &'a mut LeaseTable,
    /// The entry of the handle; `None` if the handle has never held a lease.
    pub(crate) handle: Option<HandleEntryId>,
    /// The route table at the beginning of a page of a declared set, if it was read.
    pub(super) snapshot: Option<RouteSnapshot<Stack::Routes>>,
}

impl<'a, Stack: NetworkStack> Transaction<'a, Stack> {
    /// A change by a handle.
    pub(crate) const fn new(
        stack: &'a mut Stack,
        leases: &'a mut LeaseTable,
        handle: Option<HandleEntryId>,
    ) -> Self {
        Self {
            stack,
            leases,
            handle,
            snapshot: None,
        }
    }
}

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Runs `body` in a compartment, and leaves it; in that of the calling thread if none is given.
    ///
    /// # Errors
    ///
    /// The compartment cannot be entered.
    pub(super) fn in_compartment<R>(
        &mut self,
        compartment: Option<CompartmentId>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> Result<R, NtStatus> {
        let before = match compartment {
            Some(compartment) => self.stack.move_to(compartment)?,
            None => None,
        };
        let result = body(self);
        if let Some(before) = before {
            self.stack.leave(before);
        }
        Ok(result)
    }

    /// Reads a route back that has just been written. If the stack fails to read it several times,
    /// the next comparison finds out which flags the stack has stored.
    /// `before` is the row before the write, if it is known.
    pub(super) fn read_back(
        &mut self,
        row: &MibIpForwardRow2,
        before: Option<&MibIpForwardRow2>,
    ) -> WrittenRoute {
        let mut found = self.stack.get(row);
        for _ in 1..READ_ATTEMPTS {
            match found {
                Err(status) if status.is_transient() => found = self.stack.get(row),
                _ => break,
            }
        }
        let written = WrittenRoute::new(RouteAttributes::of(row), found.ok().as_ref());
        let before = before.map(RouteAttributes::of);
        let seen = &mut self.leases.overridden_flags;
        seen.observe(&written, before.as_ref());
        written
    }

    /// The whole row of the route with the keys of `row`: from the snapshot, if it is there.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    pub(super) fn current(&mut self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        match self.snapshot.as_mut().and_then(|routes| routes.take(row)) {
            Some(found) => Ok(found),
            None => self.stack.get(row),
        }
    }

    /// The key of a row.
    pub(super) fn resolve(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        resolve(self.stack, row)
    }
}

/// The key of a row in the compartment of the calling thread, with the LUID of the interface that
/// the row names.
///
/// # Errors
///
/// The status with which the stack refused to look for the interface.
pub(super) fn resolve(
    stack: &impl NetworkStack,
    row: &MibIpForwardRow2,
) -> Result<RouteKey, NtStatus> {
    let compartment = stack.compartment();
    if row.interface_luid != 0 {
        return Ok(RouteKey::of(row).with_compartment(compartment));
    }
    let luid = stack.luid_of(InterfaceKey {
        family: row.destination_prefix.prefix.family(),
        luid: 0,
        index: row.interface_index,
    })?;
    Ok(RouteKey::on(luid, row).with_compartment(compartment))
}
