//! The settings of the interfaces of a fake stack.

use abi::{AddressFamily, MibIpInterfaceRow, NtStatus};

use super::stack::FakeStackOver;
use super::tables::TablesLock;

impl<Tables: TablesLock> FakeStackOver<Tables> {
    /// `SetIpInterfaceEntry`: takes over the row, but for the members that are the stack's own. With
    /// IPv4 it refuses every site prefix length but 0.
    pub(super) fn store_interface(&self, row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        self.write()?;
        let before = self.find_interface(row)?;
        if row.family == AddressFamily::IPV4.0 && row.site_prefix_length != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let after = MibIpInterfaceRow {
            interface_luid: before.interface_luid,
            interface_index: before.interface_index,
            site_prefix_length: before.site_prefix_length,
            connected: before.connected,
            ..*row
        };
        let mut rows = self.interface_rows();
        for row in rows.iter_mut().filter(|row| **row == before) {
            *row = after;
        }
        self.set_interfaces(rows);
        Ok(())
    }
}
