//! The interface calls of the memory backend.

use nt_types::{AddressFamily, Guid, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus};

use super::interface::Interface;
use super::state::State;
use crate::keys::Selector;
use crate::notify::{Change, Notice};

impl State {
    /// `GetIpInterfaceEntry`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::interface`](crate::stack::NetworkStack::interface).
    pub fn interface(&self, keys: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        let selector = self.interface_keys(keys)?;
        self.find(selector)
            .ok_or_else(|| self.behaviours.unknown_interface())?
            .row(keys.family())
            .ok_or(NtStatus::NOT_FOUND)
    }

    /// The checks of the keys: family, interface given, stack.
    fn interface_keys(&self, keys: &MibIpInterfaceRow) -> Result<Selector, NtStatus> {
        if keys.family().address_bits().is_none() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let selector = Selector::new(keys.interface_luid, keys.interface_index)
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        self.require_stack(keys.family())?;
        Ok(selector)
    }

    /// `SetIpInterfaceEntry`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::set_interface`](crate::stack::NetworkStack::set_interface).
    pub fn set_interface(
        &mut self,
        row: &MibIpInterfaceRow,
    ) -> Result<MibIpInterfaceRow, NtStatus> {
        let behaviours = self.behaviours;
        let selector = self.interface_keys(row)?;
        let interface = self
            .find_mut(selector)
            .ok_or_else(|| behaviours.unknown_interface())?;
        interface.set(row, behaviours)?;
        let luid = interface.luid;
        self.interface_changed_for(row.family(), luid);
        Ok(MibIpInterfaceRow {
            interface_luid: luid,
            ..*row
        })
    }

    fn interface_changed_for(&mut self, family: AddressFamily, luid: u64) {
        let row = self
            .find(Selector::Luid(luid))
            .and_then(|interface| interface.row(family));
        let notice = row.map(|row| Notice::interface(Change::Parameter, &row));
        self.notify(luid, notice);
    }

    /// `GetIpInterfaceTable`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::interfaces`](crate::stack::NetworkStack::interfaces).
    pub fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus> {
        self.require_table(family)?;
        let rows_of = |interface: &Interface| -> Vec<MibIpInterfaceRow> {
            interface
                .families()
                .filter(|bound| family == AddressFamily::UNSPECIFIED || family == *bound)
                .filter_map(|bound| interface.row(bound))
                .collect()
        };
        self.non_empty(self.visible().flat_map(rows_of).collect())
    }

    /// `GetUnicastIpAddressTable`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::addresses`](crate::stack::NetworkStack::addresses).
    pub fn addresses(
        &self,
        family: AddressFamily,
    ) -> Result<Vec<MibUnicastIpAddressRow>, NtStatus> {
        self.require_table(family)?;
        let rows = self.visible().flat_map(Interface::address_rows);
        let wanted = |row: &MibUnicastIpAddressRow| {
            family == AddressFamily::UNSPECIFIED || family == row.family()
        };
        self.non_empty(rows.filter(wanted).collect())
    }

    /// `ConvertInterfaceIndexToLuid`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::index_to_luid`](crate::stack::NetworkStack::index_to_luid).
    pub fn index_to_luid(&self, index: u32) -> Result<u64, NtStatus> {
        self.find(Selector::Index(index))
            .map(|interface| interface.luid)
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// `ConvertInterfaceLuidToIndex`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::luid_to_index`](crate::stack::NetworkStack::luid_to_index).
    pub fn luid_to_index(&self, luid: u64) -> Result<u32, NtStatus> {
        self.find(Selector::Luid(luid))
            .map(|interface| interface.index)
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// `ConvertInterfaceLuidToGuid`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::luid_to_guid`](crate::stack::NetworkStack::luid_to_guid).
    pub fn luid_to_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.find(Selector::Luid(luid))
            .map(|interface| interface.guid)
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// `ConvertInterfaceGuidToLuid`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::guid_to_luid`](crate::stack::NetworkStack::guid_to_luid).
    pub fn guid_to_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        self.visible()
            .find(|interface| interface.guid == guid)
            .map(|interface| interface.luid)
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// `ConvertInterfaceAliasToLuid`. Windows compares aliases without regard to case.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::alias_to_luid`](crate::stack::NetworkStack::alias_to_luid).
    pub fn alias_to_luid(&self, alias: &str) -> Result<u64, NtStatus> {
        self.visible()
            .find(|interface| upper_case(&interface.name).eq(upper_case(alias)))
            .map(|interface| interface.luid)
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// `ConvertInterfaceLuidToAlias`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::luid_to_alias`](crate::stack::NetworkStack::luid_to_alias).
    pub fn luid_to_alias(&self, luid: u64) -> Result<String, NtStatus> {
        self.find(Selector::Luid(luid))
            .map(|interface| interface.name.clone())
            .ok_or(NtStatus::INVALID_PARAMETER)
    }
}

/// The characters in upper case, each for itself, as in Windows' table.
fn upper_case(alias: &str) -> impl Iterator<Item = char> {
    alias.chars().map(|character| {
        let mut upper = character.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => upper,
            _ => character,
        }
    })
}
