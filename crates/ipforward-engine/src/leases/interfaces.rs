//! The interface of a guarded lease.

use abi::{Guid, NtStatus};

use super::interface_records::adapter_of;
use super::records::{InterfaceId, LeaseId, Usability};
use super::table::LeaseTable;
use crate::alloc::StaleId;
use crate::network_stack::NetworkStack;
use crate::time::KernelTime;

impl LeaseTable {
    /// Makes sure that [`attach_interface`](Self::attach_interface) finds room.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve_interface(&mut self) -> Result<(), NtStatus> {
        self.interfaces.reserve()
    }

    /// Records that a guarded lease has its route on `adapter` now, in the room that
    /// [`reserve_interface`](Self::reserve_interface) made sure of. Returns the record that the
    /// lease had before; [`release_interface`](Self::release_interface) ends it.
    pub(crate) fn attach_interface(
        &mut self,
        stack: &impl NetworkStack,
        lease: LeaseId,
        adapter: Option<Guid>,
    ) -> Result<Option<InterfaceId>, StaleId> {
        let key = *self.lease(lease)?.key();
        let id = self.interfaces.take(stack, &key, adapter)?;
        self.replace_interface(lease, Some(id))
    }

    /// Undoes [`attach_interface`](Self::attach_interface).
    pub(crate) fn reattach_interface(
        &mut self,
        lease: LeaseId,
        before: InterfaceId,
    ) -> Result<(), StaleId> {
        match self.replace_interface(lease, Some(before))? {
            Some(id) => self.interfaces.release(id),
            None => Ok(()),
        }
    }

    /// Ends a record that a lease had before.
    pub(crate) fn release_interface(&mut self, before: InterfaceId) -> Result<(), StaleId> {
        self.interfaces.release(before)
    }

    /// Ends the record of a lease that needs none any more.
    pub(super) fn detach_interface(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        match self.lease_mut(lease)?.interface.take() {
            Some(id) => self.interfaces.release(id),
            None => Ok(()),
        }
    }

    fn replace_interface(
        &mut self,
        lease: LeaseId,
        interface: Option<InterfaceId>,
    ) -> Result<Option<InterfaceId>, StaleId> {
        self.unlink_guard(lease)?;
        let before = core::mem::replace(&mut self.lease_mut(lease)?.interface, interface);
        self.link_guard(lease)?;
        Ok(before)
    }

    /// Whether a lease needs [`attach_interface`](Self::attach_interface) for a route on `adapter`:
    /// it has no record, or that of another adapter.
    pub(crate) fn lacks_interface(
        &self,
        lease: LeaseId,
        adapter: Option<Guid>,
    ) -> Result<bool, StaleId> {
        let Some(id) = self.lease(lease)?.interface else {
            return Ok(true);
        };
        let known = self.interfaces.get(id)?;
        Ok(match adapter {
            Some(_) => known.guid != adapter,
            None => known.usability == Usability::Replaced,
        })
    }

    /// Records that the stack took the route of a lease, so that its adapter can be used.
    pub(crate) fn on_route_written(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        if let Some(id) = self.lease(lease)?.interface {
            self.interfaces.get_mut(id)?.usability = Usability::Usable;
        }
        Ok(())
    }

    /// Whether the interface of a guarded lease can be used. An interface for which other leases
    /// wait cannot, until a change of it is notified, so that the stack is asked once for all.
    ///
    /// # Errors
    ///
    /// The status with which the stack failed to say so.
    pub(super) fn usability(
        &mut self,
        stack: &impl NetworkStack,
        lease: LeaseId,
        now: KernelTime,
    ) -> Result<Usability, NtStatus> {
        let Some(id) = self.lease(lease)?.interface else {
            return Ok(Usability::Usable);
        };
        let record = self.interfaces.get_mut(id)?;
        match record.usability {
            Usability::Usable => record.probe(stack, now),
            _ if record.waiting.is_empty() => record.probe(stack, now),
            usability => Ok(usability),
        }
    }

    /// Whether another adapter has the LUID of the adapter that a lease was made on, as the stack
    /// says now. A lease without a guard does not know its adapter.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack failed to say so.
    pub(crate) fn is_on_another_adapter(
        &self,
        stack: &impl NetworkStack,
        lease: LeaseId,
    ) -> Result<bool, NtStatus> {
        let record = self.lease(lease)?;
        let Some(id) = record.interface else {
            return Ok(false);
        };
        // The interface was gone when the lease began to wait for it.
        if self.interfaces.get(id)?.guid.is_none() {
            return Ok(false);
        }
        let adapter = adapter_of(stack, record.key().luid())?;
        Ok(self.lacks_interface(lease, adapter)?)
    }

    /// Whether another adapter had the LUID of the adapter that a lease was made on when its guard
    /// looked the last time.
    pub(crate) fn is_replaced(&self, lease: LeaseId) -> Result<bool, StaleId> {
        match self.lease(lease)?.interface {
            Some(id) => Ok(self.interfaces.get(id)?.usability == Usability::Replaced),
            None => Ok(false),
        }
    }
}
