//! Rows by name, and members by name.

use std::net::IpAddr;

use nt_types::{AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, SockaddrInet};
use serde::Deserialize;

use super::test_stack::InterfaceLuids;
use crate::initial;

/// Members of a route row: to change, or to expect.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    luid: Option<String>,
    index: Option<u32>,
    prefix: Option<String>,
    prefix_family: Option<u16>,
    prefix_length: Option<u8>,
    next_hop: Option<String>,
    site_prefix_length: Option<u8>,
    valid_lifetime: Option<u32>,
    preferred_lifetime: Option<u32>,
    metric: Option<u32>,
    protocol: Option<u32>,
    loopback: Option<u8>,
    autoconfigure_address: Option<u8>,
    publish: Option<u8>,
    immortal: Option<u8>,
    age: Option<u32>,
    origin: Option<u32>,
}

/// Members of an interface row: to change, or to expect.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InterfaceMembers {
    luid: Option<String>,
    index: Option<u32>,
    metric: Option<u32>,
    use_automatic_metric: Option<u8>,
    site_prefix_length: Option<u32>,
    nl_mtu: Option<u32>,
    connected: Option<u8>,
    reachable_time: Option<u32>,
    transmit_offload: Option<u8>,
    receive_offload: Option<u8>,
    disable_default_routes: Option<u8>,
}

/// Writes every member that is given.
macro_rules! write_given {
    ($members:ident => $row:ident: $($member:ident),* $(,)?) => {
        $(if let Some(value) = $members.$member {
            $row.$member = value;
        })*
    };
}

impl Members {
    /// `row` with these members.
    pub(super) fn on(&self, mut row: MibIpForwardRow2, luids: InterfaceLuids) -> MibIpForwardRow2 {
        if let Some(name) = &self.luid {
            row.interface_luid = luids.named(name);
        }
        if let Some(text) = &self.prefix {
            let (network, length) = text.split_once('/').unwrap_or((text, "0"));
            row.destination_prefix.prefix = address(network);
            row.destination_prefix.prefix_length = length.parse().expect("a prefix length");
        }
        if let Some(family) = self.prefix_family {
            row.destination_prefix.prefix.family = family;
        }
        if let Some(length) = self.prefix_length {
            row.destination_prefix.prefix_length = length;
        }
        if let Some(text) = &self.next_hop {
            row.next_hop = address(text);
        }
        if let Some(index) = self.index {
            row.interface_index = index;
        }
        write_given!(self => row: site_prefix_length, valid_lifetime, preferred_lifetime, metric,
            protocol, loopback, autoconfigure_address, publish, immortal, age, origin);
        row
    }
}

impl InterfaceMembers {
    /// `row` with these members.
    pub(super) fn on(
        &self,
        mut row: MibIpInterfaceRow,
        luids: InterfaceLuids,
    ) -> MibIpInterfaceRow {
        if let Some(name) = &self.luid {
            row.interface_luid = luids.named(name);
        }
        if let Some(index) = self.index {
            row.interface_index = index;
        }
        write_given!(self => row: metric, use_automatic_metric, site_prefix_length, nl_mtu,
            connected, reachable_time, transmit_offload, receive_offload, disable_default_routes);
        row
    }
}

/// The row of that name.
pub(super) fn named(name: &str, luids: InterfaceLuids) -> MibIpForwardRow2 {
    let ipv4 = || keys("10.20.0.0/16", "192.0.2.254", luids);
    let ipv6 = || keys("2001:db8:20::/48", "2001:db8::1", luids);
    match name {
        "R" => complete(ipv4()),
        "R6" => complete(ipv6()),
        "keys" => ipv4(),
        "keys6" => ipv6(),
        "fresh" => initial::route(),
        "zero" => MibIpForwardRow2::default(),
        _ => panic!("no row is called `{name}`"),
    }
}

fn keys(prefix: &str, next_hop: &str, luids: InterfaceLuids) -> MibIpForwardRow2 {
    let members = Members {
        luid: Some("IF7".to_owned()),
        prefix: Some(prefix.to_owned()),
        next_hop: Some(next_hop.to_owned()),
        ..Members::default()
    };
    members.on(MibIpForwardRow2::default(), luids)
}

fn complete(keys: MibIpForwardRow2) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_luid: keys.interface_luid,
        destination_prefix: keys.destination_prefix,
        next_hop: keys.next_hop,
        site_prefix_length: 0,
        metric: 5,
        protocol: 3,
        ..initial::route()
    }
}

/// The address of that text; `none` is all zero, family included.
pub(super) fn address(text: &str) -> SockaddrInet {
    if text == "none" {
        return SockaddrInet::default();
    }
    let address: IpAddr = text.parse().expect("an address");
    address.into()
}

/// The family of that name or number.
pub(super) fn family(name: &str) -> AddressFamily {
    match name {
        "UNSPECIFIED" => AddressFamily::UNSPECIFIED,
        "IPV4" => AddressFamily::IPV4,
        "IPV6" => AddressFamily::IPV6,
        number => AddressFamily(number.parse().expect("a family")),
    }
}

/// The status of that name, without its `STATUS_`.
pub(super) fn status(name: &str) -> NtStatus {
    let full = format!("STATUS_{name}");
    nt_types::status::STATUSES
        .iter()
        .find(|names| names.name == full)
        .unwrap_or_else(|| panic!("no status is called {full}"))
        .status
}

/// The prefix of a row, as ADDRESS/LENGTH.
pub(super) fn prefix_text(row: &MibIpForwardRow2) -> String {
    let prefix = &row.destination_prefix;
    match prefix.prefix.address() {
        Some(address) => format!("{address}/{}", prefix.prefix_length),
        None => "no prefix".to_owned(),
    }
}

/// Whether two rows name the same route.
pub(super) fn same_keys(one: &MibIpForwardRow2, other: &MibIpForwardRow2) -> bool {
    one.interface_luid == other.interface_luid
        && one.destination_prefix == other.destination_prefix
        && one.next_hop == other.next_hop
}
