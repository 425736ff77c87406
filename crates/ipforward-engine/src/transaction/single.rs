//! One change by a call of its own: what the caller sees is the stack's answer and nothing else;
//! the leases takes note.

use abi::{MibIpForwardRow2, NtStatus};

use super::entry::Transaction;
use crate::alloc::NONE;
use crate::leases::records::LeaseState;
use crate::network_stack::NetworkStack;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Creates a route, which ends the lease of one that was there before.
    pub(crate) fn create_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.leased(row)?;
        self.stack.create(row)?;
        self.created(lease).commit(self.leases);
        Ok(())
    }

    /// Changes a route. If the handle holds it, this is how it wants it from now on.
    pub(crate) fn set_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.leased(row)?;
        self.stack.set(row)?;
        if self.leases.ownership(lease, self.holder) != NONE {
            let before = *self.leases.lease(lease).terms();
            let terms = LeaseState {
                made: self.read_back(row),
                ..before.calm()
            };
            self.leases.amend(lease, terms);
        }
        Ok(())
    }

    /// Deletes a route, and the lease of it.
    pub(crate) fn delete_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.leased(row)?;
        self.stack.delete(row)?;
        self.deleted(lease).commit(self.leases);
        Ok(())
    }

    /// The lease of a route, or [`NONE`]. It is asked for before anything is done: what was done
    /// must not be missing in the leases.
    pub(super) fn leased(&self, row: &MibIpForwardRow2) -> Result<u32, NtStatus> {
        if self.leases.leases() == 0 {
            return Ok(NONE);
        }
        match self.resolve(row) {
            Ok(key) => Ok(self.leases.find(&key)),
            Err(status) if status.is_transient() => Err(status),
            // The stack will say so itself.
            Err(_) => Ok(NONE),
        }
    }
}
