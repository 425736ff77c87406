//! Leased settings of interfaces: each interface and family belongs to at most one handle.

use abi::{AddressFamily, Guid, MibIpInterfaceRow, NtStatus};

use super::interface_records::adapter_of;
use super::records::HandleEntryId;
use crate::alloc::{Id, Links, List, Slab, StaleId};
use crate::compartment::CompartmentId;
use crate::interface_settings::InterfaceSettings;
use crate::network_stack::NetworkStack;

/// Id of the leased settings of one family on one interface.
pub(crate) type LeasedSettingsId = Id<LeasedSettings>;

/// One family on one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingsKey {
    pub(crate) compartment: CompartmentId,
    pub(crate) luid: u64,
    pub(crate) family: AddressFamily,
}

/// The settings of an interface that a handle leases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeasedSettings {
    pub(super) handle: HandleEntryId,
    pub(super) key: SettingsKey,
    /// The adapter; `None` if the stack did not say.
    adapter: Option<Guid>,
    /// The leased settings, as they were written last.
    pub(super) written: InterfaceSettings,
    /// The same settings, as they were before the lease.
    pub(super) before: InterfaceSettings,
    /// True from a resume of the system until the settings are compared with those of the stack.
    pub(super) has_to_compare: bool,
    pub(super) links: Links<Self>,
}

/// All leased settings. There are at most two for an interface, so they are searched one by one.
#[derive(Debug, Default)]
pub(super) struct SettingsRecords {
    pub(super) slab: Slab<LeasedSettings>,
    pub(super) all: List<LeasedSettings>,
}

impl LeasedSettings {
    /// The lease of settings that were written. `before` are all settings before.
    pub(crate) fn new(
        handle: HandleEntryId,
        key: SettingsKey,
        adapter: Option<Guid>,
        written: InterfaceSettings,
        before: InterfaceSettings,
    ) -> Self {
        Self {
            handle,
            key,
            adapter,
            written,
            before: before.among(written),
            has_to_compare: false,
            links: Links::default(),
        }
    }

    /// The handle that leases the settings.
    pub(crate) const fn handle(&self) -> HandleEntryId {
        self.handle
    }

    /// Whether another adapter has the LUID now.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack failed to say so.
    pub(crate) fn is_on_another_adapter(
        &self,
        stack: &impl NetworkStack,
    ) -> Result<bool, NtStatus> {
        let Some(adapter) = self.adapter else {
            return Ok(false);
        };
        let present = adapter_of(stack, self.key.luid)?;
        Ok(present.is_some_and(|present| present != adapter))
    }

    /// The present row of the interface; `None` if the adapter is gone, or if another one has its
    /// LUID.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack failed to say so.
    fn read(&self, stack: &impl NetworkStack) -> Result<Option<MibIpInterfaceRow>, NtStatus> {
        if self.is_on_another_adapter(stack)? {
            return Ok(None);
        }
        let row = stack.interface(&MibIpInterfaceRow {
            family: self.key.family.0,
            interface_luid: self.key.luid,
            ..MibIpInterfaceRow::default()
        });
        match row {
            Ok(row) => Ok(Some(row)),
            Err(status) if status.is_transient() => Err(status),
            Err(_) => Ok(None),
        }
    }

    /// Writes `to` in place of those settings that have the value `from` in the row.
    fn replace(
        stack: &mut impl NetworkStack,
        row: &MibIpInterfaceRow,
        from: InterfaceSettings,
        to: InterfaceSettings,
    ) -> Result<(), NtStatus> {
        let settings = to.in_place_of(from, InterfaceSettings::of(row));
        if settings.is_empty() {
            return Ok(());
        }
        stack.set_interface(&settings.written_to(row))
    }

    /// Puts back the values before the lease, unless another program has changed them since.
    pub(super) fn restore(&self, stack: &mut impl NetworkStack) -> Result<(), NtStatus> {
        match self.read(stack)? {
            Some(row) => Self::replace(stack, &row, self.written, self.before),
            None => Ok(()),
        }
    }

    /// Writes the leased values again where the stack has those before the lease. Returns whether
    /// the interface is there.
    pub(super) fn write_again(&self, stack: &mut impl NetworkStack) -> Result<bool, NtStatus> {
        let Some(row) = self.read(stack)? else {
            return Ok(false);
        };
        Self::replace(stack, &row, self.before, self.written)?;
        Ok(true)
    }
}

impl SettingsRecords {
    pub(super) fn find(
        &self,
        is_wanted: impl Fn(&LeasedSettings) -> bool,
    ) -> Result<Option<LeasedSettingsId>, StaleId> {
        let mut next = self.all.first();
        while let Some(here) = next {
            let record = self.slab.get(here)?;
            if is_wanted(record) {
                return Ok(Some(here));
            }
            next = record.links.next();
        }
        Ok(None)
    }

    pub(super) fn remove(&mut self, id: LeasedSettingsId) -> Result<(), StaleId> {
        self.all.unlink(&mut self.slab, id, links)?;
        self.slab.remove(id)
    }
}

pub(super) const fn links(record: &mut LeasedSettings) -> &mut Links<LeasedSettings> {
    &mut record.links
}
