//! The comparison of a lease with its route as the stack has stored it.

use abi::MibIpForwardRow2;

use super::records::LeaseId;
use super::table::LeaseTable;
use crate::alloc::StaleId;

impl LeaseTable {
    /// Whether no program has changed the route of a lease, which is in the route table as `current`,
    /// since it was written.
    pub(crate) fn is_left_in(
        &self,
        lease: LeaseId,
        current: &MibIpForwardRow2,
    ) -> Result<bool, StaleId> {
        let written = self.lease(lease)?.state.written;
        Ok(written.is_left_in(current, self.displaced(lease)?))
    }

    /// Records the route of a lease as it read back after a write; `None` if the stack failed to
    /// read it.
    pub(super) fn on_read_back(
        &mut self,
        lease: LeaseId,
        found: Option<&MibIpForwardRow2>,
    ) -> Result<(), StaleId> {
        let written = self.lease(lease)?.state.written;
        let written = written.with_read_back(found, self.displaced(lease)?);
        self.lease_mut(lease)?.state.written = written;
        Ok(())
    }
}
