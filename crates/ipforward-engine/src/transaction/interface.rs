//! A change of the settings of an interface.

use abi::{AddressFamily, MibIpInterfaceRow, NtStatus};

use super::context::Transaction;
use crate::interface_settings::{InterfaceSettings, SettingsChange};
use crate::leases::interface_records::adapter_of;
use crate::leases::records::HandleEntryId;
use crate::leases::settings_records::{LeasedSettings, LeasedSettingsId, SettingsKey};
use crate::network_stack::NetworkStack;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Changes settings of an interface, and leases them to the handle if the caller asks for it.
    ///
    /// # Errors
    ///
    /// - `STATUS_SHARING_VIOLATION`: another handle leases settings of the interface.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory for the lease.
    /// - The status of the stack.
    pub(crate) fn set_interface(&mut self, change: &SettingsChange) -> Result<(), NtStatus> {
        let row = self.stack.interface(&change.keys)?;
        let key = SettingsKey {
            compartment: self.stack.compartment(),
            luid: row.interface_luid,
            family: AddressFamily(row.family),
        };
        let before = InterfaceSettings::of(&row);
        let found = self.leases.find_settings(&key)?;
        let holder = self.holder_of_settings(found)?;
        if let Some(lease) = found
            && holder.is_some()
            && holder == self.handle
        {
            self.write_settings(&row, change)?;
            let (written, extends) = (change.settings, change.is_lease);
            return Ok(self
                .leases
                .amend_settings(lease, written, before, extends)?);
        }
        if !change.is_lease {
            return self.write_settings(&row, change);
        }
        if holder.is_some() {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        let handle = self.registered_handle()?;
        let adapter = adapter_of(self.stack, key.luid)?;
        self.leases.reserve_settings()?;
        self.write_settings(&row, change)?;
        let lease = LeasedSettings::new(handle, key, adapter, change.settings, before);
        self.leases.add_settings(lease)?;
        // Afterwards: the removal of the last record would free the reserved one.
        if let Some(stale) = found {
            self.leases.remove_settings(stale)?;
        }
        Ok(())
    }

    /// The handle that holds a lease of settings; `None` if the LUID is that of another adapter now.
    fn holder_of_settings(
        &self,
        lease: Option<LeasedSettingsId>,
    ) -> Result<Option<HandleEntryId>, NtStatus> {
        let Some(lease) = lease else {
            return Ok(None);
        };
        let lease = self.leases.settings(lease)?;
        let is_elsewhere = lease.is_on_another_adapter(self.stack)?;
        Ok(Some(lease.handle()).filter(|_| !is_elsewhere))
    }

    fn write_settings(
        &mut self,
        row: &MibIpInterfaceRow,
        change: &SettingsChange,
    ) -> Result<(), NtStatus> {
        self.stack.set_interface(&change.settings.written_to(row))
    }
}
