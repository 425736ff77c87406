//! The settings of interfaces that handles lease, from the lease to its end.

use abi::NtStatus;

use super::records::HandleEntryId;
use super::settings_records::{
    LeasedSettings, LeasedSettingsId, SettingsKey, SettingsRecords, links,
};
use super::table::LeaseTable;
use crate::alloc::StaleId;
use crate::interface_settings::InterfaceSettings;
use crate::network_stack::NetworkStack;

impl LeaseTable {
    /// The lease of the settings of an interface.
    pub(crate) fn find_settings(
        &self,
        key: &SettingsKey,
    ) -> Result<Option<LeasedSettingsId>, StaleId> {
        self.settings.find(|record| record.key == *key)
    }

    pub(crate) fn settings(&self, id: LeasedSettingsId) -> Result<&LeasedSettings, StaleId> {
        self.settings.slab.get(id)
    }

    /// Makes sure that [`add_settings`](Self::add_settings) finds room.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(crate) fn reserve_settings(&mut self) -> Result<(), NtStatus> {
        self.settings.slab.reserve()
    }

    /// Adds the lease of settings that were written, in the room that
    /// [`reserve_settings`](Self::reserve_settings) made sure of.
    pub(crate) fn add_settings(&mut self, lease: LeasedSettings) -> Result<(), StaleId> {
        self.count_change();
        let SettingsRecords { slab, all } = &mut self.settings;
        let id = slab.insert(lease)?;
        all.push(slab, id, links)
    }

    /// Records that the holder has written settings again: with `extends`, the lease has them from
    /// now on, also those that it left out before.
    pub(crate) fn amend_settings(
        &mut self,
        id: LeasedSettingsId,
        written: InterfaceSettings,
        before: InterfaceSettings,
        extends: bool,
    ) -> Result<(), StaleId> {
        self.count_change();
        let record = self.settings.slab.get_mut(id)?;
        if extends {
            record.before = record.before.or(before.among(written));
        }
        record.written = written.or(record.written).among(record.before);
        Ok(())
    }

    /// Ends a lease of settings without touching the interface.
    pub(crate) fn remove_settings(&mut self, id: LeasedSettingsId) -> Result<(), StaleId> {
        self.count_change();
        self.settings.remove(id)
    }

    /// Number of leased settings.
    pub(crate) const fn settings_left(&self) -> u32 {
        self.settings.slab.len()
    }

    /// Puts back all settings that a closed handle has leased. Returns whether some are left because
    /// the stack refused with a transient status.
    pub(super) fn release_settings(
        &mut self,
        stack: &mut impl NetworkStack,
        handle: HandleEntryId,
    ) -> Result<bool, StaleId> {
        let mut are_left = false;
        let mut next = self.settings.all.last();
        while let Some(here) = next {
            let record = *self.settings(here)?;
            next = record.links.previous();
            if record.handle != handle {
                continue;
            }
            let outcome = stack
                .in_compartment(record.key.compartment, |stack| record.restore(stack))
                .flatten();
            match outcome {
                Err(status) if status.is_transient() => are_left = true,
                // Another try of a permanent refusal would end the same way.
                _ => self.remove_settings(here)?,
            }
        }
        Ok(are_left)
    }

    /// Begins to compare all leased settings with those of the stack, after a resume of the system.
    pub(super) fn begin_resume_of_settings(&mut self) -> Result<(), StaleId> {
        let mut next = self.settings.all.first();
        while let Some(here) = next {
            let record = self.settings.slab.get_mut(here)?;
            record.has_to_compare = true;
            next = record.links.next();
        }
        Ok(())
    }

    /// Writes those leased settings again that the stack has lost in a sleep of the system. Those of
    /// an interface that is gone wait for its return. Returns whether the stack refused some.
    pub(crate) fn write_lost_settings(
        &mut self,
        stack: &mut impl NetworkStack,
    ) -> Result<bool, StaleId> {
        let mut has_to_retry = false;
        let mut next = self.settings.all.first();
        while let Some(here) = next {
            let record = *self.settings(here)?;
            next = record.links.next();
            if !record.has_to_compare || self.is_ending(record.handle)? {
                continue;
            }
            let outcome = stack
                .in_compartment(record.key.compartment, |stack| record.write_again(stack))
                .flatten();
            let has_to_compare = match outcome {
                Err(status) if status.is_transient() => {
                    has_to_retry = true;
                    true
                }
                Ok(is_there) => !is_there,
                Err(_) => false,
            };
            self.settings.slab.get_mut(here)?.has_to_compare = has_to_compare;
        }
        Ok(has_to_retry)
    }

    /// Whether the leases of a handle are being released.
    fn is_ending(&self, handle: HandleEntryId) -> Result<bool, StaleId> {
        let entry = self.handle(handle)?;
        Ok(entry.releasing || entry.pending_release)
    }
}
