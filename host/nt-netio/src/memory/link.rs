//! What happens to the interfaces of the memory backend from outside: links that go down, addresses
//! that are lost, routes that are lost in a sleep, and adapters that are recreated or replaced.

use ipnet::IpNet;
use nt_types::route::INFINITE_LIFETIME;
use nt_types::unicast_address::DAD_STATE_PREFERRED;
use nt_types::{AddressFamily, Guid, MibUnicastIpAddressRow, NtStatus};

use super::interface::{Interface, family_of};
use super::state::State;
use super::system_rows;
use crate::interfaces;
use crate::keys::Selector;
use crate::notify::{Change, Notice};
use crate::stack::Adapter;

/// The difference between the LUID of an adapter and the LUID that it is recreated with.
const RECREATED: u64 = 0x00F0_0000_0000;

/// The difference between the GUIDs of two adapters that have the same LUID.
const ANOTHER: u32 = 1;

impl Interface {
    /// Its addresses, as `GetUnicastIpAddressTable` lists them.
    #[must_use]
    pub fn address_rows(&self) -> Vec<MibUnicastIpAddressRow> {
        let addresses = self.addresses.iter();
        addresses.map(|address| self.address_row(address)).collect()
    }

    fn address_row(&self, address: &IpNet) -> MibUnicastIpAddressRow {
        /// `IpPrefixOriginManual` and `IpSuffixOriginManual`.
        const ORIGIN_MANUAL: u32 = 1;
        MibUnicastIpAddressRow {
            address: address.addr().into(),
            interface_luid: self.luid,
            interface_index: self.index,
            prefix_origin: ORIGIN_MANUAL,
            suffix_origin: ORIGIN_MANUAL,
            valid_lifetime: INFINITE_LIFETIME,
            preferred_lifetime: INFINITE_LIFETIME,
            on_link_prefix_length: address.prefix_len(),
            dad_state: DAD_STATE_PREFERRED,
            ..MibUnicastIpAddressRow::default()
        }
    }
}

impl State {
    /// Takes the link of an interface down, or brings it up.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface.
    pub fn set_link(&mut self, index: u32, up: bool) -> Result<(), NtStatus> {
        let interface = self.find_mut(Selector::Index(index));
        let interface = interface.ok_or(NtStatus::NOT_FOUND)?;
        interface.connected = up;
        let luid = interface.luid;
        if !up {
            self.lose_routes(luid, |_| true);
        }
        self.interface_changed(Change::Parameter, luid);
        Ok(())
    }

    /// Takes an address off an interface, or gives the interface one, with the routes that the
    /// stack makes for it.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface or address, `STATUS_DUPLICATE_OBJECTID` for an
    /// address that the interface has.
    pub fn change_address(
        &mut self,
        index: u32,
        address: IpNet,
        present: bool,
    ) -> Result<(), NtStatus> {
        let now = self.now;
        let interface = self.find_mut(Selector::Index(index));
        let interface = interface.ok_or(NtStatus::NOT_FOUND)?;
        let place = interface.addresses.iter().position(|own| *own == address);
        let before = system_rows::of(interface, now);
        match (place, present) {
            (None, true) => interface.addresses.push(address),
            (Some(place), false) => drop(interface.addresses.remove(place)),
            (None, false) => return Err(NtStatus::NOT_FOUND),
            (Some(_), true) => return Err(NtStatus::DUPLICATE_OBJECTID),
        }
        let after = system_rows::of(interface, now);
        let (luid, row) = (interface.luid, interface.address_row(&address));
        let family = family_of(address.addr());
        let has_lost_last = !interface.has_address(family);
        for route in before.iter().filter(|route| lacks(&after, route)) {
            self.remove(&route.key);
        }
        for route in after.iter().filter(|route| lacks(&before, route)) {
            self.put(Change::Add, *route);
        }
        if has_lost_last {
            self.lose_routes(luid, |of| of == family);
        }
        let change = if present { Change::Add } else { Change::Delete };
        self.notify(luid, [Notice::address(change, &row)]);
        Ok(())
    }

    /// Says which addresses of an interface were removed and added.
    pub fn addresses_differ(
        &mut self,
        before: &[MibUnicastIpAddressRow],
        after: &[MibUnicastIpAddressRow],
    ) {
        let lost = before.iter().filter(|row| !after.contains(row));
        let gained = after.iter().filter(|row| !before.contains(row));
        let lost = lost.map(|row| (Change::Delete, row));
        let gained = gained.map(|row| (Change::Add, row));
        for (change, row) in lost.chain(gained) {
            self.notify(row.interface_luid, [Notice::address(change, row)]);
        }
    }

    /// Removes all routes that the stack has not made itself, on every interface, if a sleep loses any.
    pub fn lose_all_routes(&mut self) {
        if self.behaviours.keeps_routes_in_sleep() {
            return;
        }
        let before = self.notices.len();
        self.remove_routes(|route| !system_rows::is_one(route));
        if !self.behaviours.notifies_routes_lost_in_sleep() {
            self.notices.truncate(before);
        }
    }

    /// Removes the routes that an interface loses with its link, or with its last address of a
    /// family.
    fn lose_routes(&mut self, luid: u64, which: impl Fn(AddressFamily) -> bool) {
        if self.behaviours.removes_routes_of_lost_link() {
            self.remove_routes(|route| {
                route.key.luid == luid
                    && !system_rows::is_one(route)
                    && which(route.row.next_hop.family())
            });
        }
    }
}

fn lacks(routes: &[super::table::Route], route: &super::table::Route) -> bool {
    routes.iter().all(|other| other.key != route.key)
}

/// The interface of an adapter in the place of a described one.
pub(super) fn adapter(
    described: &interfaces::Interface,
    adapter: Adapter,
) -> Option<interfaces::Interface> {
    let guid = described.guid();
    match adapter {
        Adapter::None => None,
        Adapter::Described => Some(described.clone()),
        Adapter::Recreated => Some(interfaces::Interface {
            luid: described.luid ^ RECREATED,
            guid: Some(guid),
            ..described.clone()
        }),
        Adapter::Another => Some(interfaces::Interface {
            guid: Some(Guid {
                data1: guid.data1 ^ ANOTHER,
                ..guid
            }),
            ..described.clone()
        }),
    }
}
