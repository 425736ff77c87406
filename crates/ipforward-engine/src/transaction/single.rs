//! One change by a single call. The caller gets only the stack's status; the lease table is updated
//! after the change.

use abi::{MibIpForwardRow2, NtStatus};

use super::context::Transaction;
use crate::leases::records::{LeaseId, LeaseState};
use crate::network_stack::NetworkStack;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Creates a route, and ends the lease of an earlier one that is gone.
    pub(crate) fn create_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.find_lease(row)?;
        self.stack.create(row)?;
        if let Some(lease) = lease {
            self.on_created(lease)?.commit(self.leases)?;
        }
        Ok(())
    }

    /// Changes a route. If the handle holds it, its lease has the new attributes from now on.
    pub(crate) fn set_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.find_lease(row)?;
        self.stack.set(row)?;
        let Some(lease) = lease else {
            return Ok(());
        };
        if self.leases.holds(self.handle, lease)? {
            let before = *self.leases.lease(lease)?.state();
            let after = LeaseState {
                written: self.read_back(row, None),
                ..before.with_new_guard()
            };
            self.leases.amend(lease, after)?;
        }
        Ok(())
    }

    /// Deletes a route, and ends its lease.
    pub(crate) fn delete_one(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let lease = self.find_lease(row)?;
        self.stack.delete(row)?;
        if let Some(lease) = lease {
            self.on_deleted(lease)?.commit(self.leases)?;
        }
        Ok(())
    }

    /// The lease of a route. It is looked for before the change is made: a change that was made
    /// must not be missing in the lease table.
    pub(super) fn find_lease(&self, row: &MibIpForwardRow2) -> Result<Option<LeaseId>, NtStatus> {
        if self.leases.leases() == 0 {
            return Ok(None);
        }
        self.find_among_leases(row)
    }

    /// It is not inlined: otherwise a change would save its registers while nothing is leased.
    #[inline(never)]
    fn find_among_leases(&self, row: &MibIpForwardRow2) -> Result<Option<LeaseId>, NtStatus> {
        match self.resolve(row) {
            Ok(key) => Ok(self.leases.find(&key)),
            Err(status) if status.is_transient() => Err(status),
            // The stack refuses the change, with this status.
            Err(_) => Ok(None),
        }
    }
}
