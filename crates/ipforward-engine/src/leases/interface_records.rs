//! The interfaces of guarded routes: which adapter each one is, and whether routes can be used on it.
//!
//! An interface is its GUID: the stack may give the LUID of an adapter that was removed to another
//! one, and an adapter that returns may get another LUID.

use abi::{AddressFamily, Guid, MibIpInterfaceRow, NtStatus};

use super::records::{GuardedInterface, InterfaceId, Usability};
use crate::alloc::{Links, List, Slab, StaleId};
use crate::compartment::CompartmentId;
use crate::network_stack::NetworkStack;
use crate::route_key::RouteKey;
use crate::time::{KernelTime, Ticks};

/// How long the stack may refuse routes on an interface that can be used again, because it still
/// configures the interface.
const YOUNG: Ticks = Ticks::from_millis(60_000);

/// The interfaces that have guarded routes: at most as many as the computer has, so they are
/// searched one by one.
#[derive(Debug, Default)]
pub(super) struct InterfaceRecords {
    slab: Slab<GuardedInterface>,
    all: List<GuardedInterface>,
}

impl GuardedInterface {
    /// An interface without leases, as the stack describes it.
    fn new(stack: &impl NetworkStack, key: &RouteKey, guid: Option<Guid>) -> Self {
        let (luid, family) = (key.luid(), key.family());
        Self {
            compartment: key.compartment(),
            luid,
            family,
            guid,
            needs_address: has_address(stack, luid, family).unwrap_or(false),
            usability: Usability::Usable,
            usable_since: None,
            check_due: None,
            waiting: List::default(),
            leases: 0,
            links: Links::default(),
        }
    }

    /// Whether the interface can be used, but only since a short time ago.
    pub(super) fn is_young(&self, now: KernelTime) -> bool {
        self.usable_since
            .is_some_and(|since| now.since(since) < YOUNG)
    }

    /// Whether the driver learns of changes of the interface.
    pub(super) fn is_notified(&self) -> bool {
        self.compartment == CompartmentId::DEFAULT
    }

    /// Whether the adapter is gone, or has another LUID.
    pub(super) const fn is_elsewhere(&self) -> bool {
        matches!(self.usability, Usability::Gone | Usability::Replaced)
    }

    /// Asks the stack whether routes can be used on the interface.
    ///
    /// # Errors
    ///
    /// The status with which the stack failed to say so.
    pub(super) fn probe(
        &mut self,
        stack: &impl NetworkStack,
        now: KernelTime,
    ) -> Result<Usability, NtStatus> {
        let mut usability = self.ask(stack)?;
        if matches!(usability, Usability::Gone | Usability::Replaced) && self.follow(stack)? {
            usability = self.ask(stack)?;
        }
        if usability == Usability::Usable && self.usability != Usability::Usable {
            self.usable_since = Some(now);
        }
        self.usability = usability;
        Ok(usability)
    }

    /// Takes over the LUID that the adapter has now. Returns whether it is another one.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack failed to say so.
    fn follow(&mut self, stack: &impl NetworkStack) -> Result<bool, NtStatus> {
        let Some(guid) = self.guid else {
            return Ok(false);
        };
        let before = self.luid;
        match stack.interface_luid(guid) {
            Ok(luid) => self.luid = luid,
            Err(status) if status.is_transient() => return Err(status),
            Err(_) => {}
        }
        Ok(self.luid != before)
    }

    fn ask(&mut self, stack: &impl NetworkStack) -> Result<Usability, NtStatus> {
        let interface = stack.interface(&MibIpInterfaceRow {
            family: self.family.0,
            interface_luid: self.luid,
            ..MibIpInterfaceRow::default()
        });
        let is_connected = match interface {
            Ok(row) => row.connected != 0,
            Err(status) if status.is_transient() => return Err(status),
            Err(_) => return Ok(Usability::Gone),
        };
        if let Some(guid) = self.guid
            && stack.interface_guid(self.luid)? != guid
        {
            return Ok(Usability::Replaced);
        }
        if !is_connected {
            return Ok(Usability::Unusable);
        }
        match has_address(stack, self.luid, self.family) {
            Ok(true) => self.needs_address = true,
            Ok(false) if self.needs_address => return Ok(Usability::Unusable),
            Err(status) if status.is_transient() => return Err(status),
            // A stack without the table is no reason to wait.
            Ok(false) | Err(_) => {}
        }
        Ok(Usability::Usable)
    }
}

impl InterfaceRecords {
    pub(super) fn get(&self, id: InterfaceId) -> Result<&GuardedInterface, StaleId> {
        self.slab.get(id)
    }

    pub(super) fn get_mut(&mut self, id: InterfaceId) -> Result<&mut GuardedInterface, StaleId> {
        self.slab.get_mut(id)
    }

    /// The first interface; [`after`](Self::after) gives the others.
    pub(super) const fn first(&self) -> Option<InterfaceId> {
        self.all.first()
    }

    /// The interface after this one.
    pub(super) fn after(&self, id: InterfaceId) -> Result<Option<InterfaceId>, StaleId> {
        Ok(self.slab.get(id)?.links.next())
    }

    fn find(&self, key: &RouteKey, guid: Option<Guid>) -> Result<Option<InterfaceId>, StaleId> {
        let wanted = (key.compartment(), key.luid(), key.family(), guid);
        let mut next = self.first();
        while let Some(here) = next {
            let record = self.slab.get(here)?;
            if (record.compartment, record.luid, record.family, record.guid) == wanted {
                return Ok(Some(here));
            }
            next = record.links.next();
        }
        Ok(None)
    }

    /// Makes sure that the next [`take`](Self::take) finds room.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn reserve(&mut self) -> Result<(), NtStatus> {
        self.slab.reserve()
    }

    /// The record of the adapter that a route is on now, for one more lease. It is made in the room
    /// that [`reserve`](Self::reserve) made sure of, if there is none.
    pub(super) fn take(
        &mut self,
        stack: &impl NetworkStack,
        key: &RouteKey,
        guid: Option<Guid>,
    ) -> Result<InterfaceId, StaleId> {
        let id = if let Some(id) = self.find(key, guid)? {
            id
        } else {
            let record = GuardedInterface::new(stack, key, guid);
            let id = self.slab.insert(record)?;
            self.all.push(&mut self.slab, id, links)?;
            id
        };
        let record = self.slab.get_mut(id)?;
        record.leases = record.leases.saturating_add(1);
        Ok(id)
    }

    /// Gives up the record for one lease. The last one frees it.
    pub(super) fn release(&mut self, id: InterfaceId) -> Result<(), StaleId> {
        let record = self.slab.get_mut(id)?;
        record.leases = record.leases.saturating_sub(1);
        if record.leases == 0 {
            self.all.unlink(&mut self.slab, id, links)?;
            self.slab.remove(id)?;
        }
        Ok(())
    }
}

const fn links(record: &mut GuardedInterface) -> &mut Links<GuardedInterface> {
    &mut record.links
}

/// Whether an interface has an address of a family.
///
/// # Errors
///
/// The status with which the stack refused to say so.
fn has_address(
    stack: &impl NetworkStack,
    luid: u64,
    family: AddressFamily,
) -> Result<bool, NtStatus> {
    match stack.addresses(family) {
        Ok(rows) => Ok(rows
            .as_ref()
            .iter()
            .any(|row| row.interface_luid == luid && row.is_valid())),
        // No interface has one.
        Err(status) if status.is_absent() => Ok(false),
        Err(status) => Err(status),
    }
}

/// The GUID of the adapter that has a LUID now; `None` if the stack knows none.
///
/// # Errors
///
/// The transient status with which the stack failed to say so.
pub(crate) fn adapter_of(stack: &impl NetworkStack, luid: u64) -> Result<Option<Guid>, NtStatus> {
    match stack.interface_guid(luid) {
        Ok(guid) => Ok(Some(guid)),
        Err(status) if status.is_transient() => Err(status),
        Err(_) => Ok(None),
    }
}
