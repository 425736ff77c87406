//! The routes that the stack makes itself, for an interface and its addresses.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use nt_types::route::INFINITE_LIFETIME;
use nt_types::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, SockaddrInet};

use super::interface::{Interface, family_of};
use super::table::{Route, RouteKey};

/// The metric of the stack's own routes, as listings of a running system show it.
const METRIC: u32 = 256;
/// `NL_ROUTE_PROTOCOL`: `Local`.
const PROTOCOL_LOCAL: u32 = 2;
/// `NL_ROUTE_ORIGIN`: `WellKnown`.
const ORIGIN_WELL_KNOWN: u32 = 1;

/// True if the stack made the route itself.
pub(super) const fn is_one(route: &Route) -> bool {
    route.row.origin == ORIGIN_WELL_KNOWN
}

/// The routes that an interface brings with it.
pub(super) fn of(interface: &Interface, now: Duration) -> Vec<Route> {
    let on_link = interface.addresses.iter().flat_map(of_address);
    let families = interface.families();
    let well_known = families.flat_map(|family| of_family(family, interface.is_loopback));
    // Two addresses in one subnet share its routes.
    let prefixes: BTreeSet<IpNet> = on_link.chain(well_known).collect();
    prefixes
        .into_iter()
        .map(|prefix| route(interface, prefix, now))
        .collect()
}

/// The subnet, the address itself, and the subnet's broadcast address.
fn of_address(address: &IpNet) -> Vec<IpNet> {
    /// Longer prefixes have no address to spare for broadcasts.
    const LONGEST_WITH_BROADCAST: u8 = 30;
    let mut prefixes = vec![address.trunc(), IpNet::from(address.addr())];
    if let IpNet::V4(subnet) = address
        && subnet.prefix_len() <= LONGEST_WITH_BROADCAST
    {
        prefixes.push(IpNet::from(IpAddr::V4(subnet.broadcast())));
    }
    prefixes
}

/// The system's routes of a family on every interface: multicast, broadcast, link-local.
fn of_family(family: AddressFamily, is_loopback: bool) -> Vec<IpNet> {
    if family == AddressFamily::IPV4 {
        let multicast = Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4);
        let broadcast = Ipv4Net::new_assert(Ipv4Addr::BROADCAST, 32);
        return vec![multicast.into(), broadcast.into()];
    }
    let multicast = Ipv6Net::new_assert(Ipv6Addr::new(0xFF00, 0, 0, 0, 0, 0, 0, 0), 8);
    let link_local = Ipv6Net::new_assert(Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0), 64);
    let mut prefixes = vec![multicast.into()];
    if !is_loopback {
        prefixes.push(link_local.into());
    }
    prefixes
}

fn route(interface: &Interface, prefix: IpNet, now: Duration) -> Route {
    let next_hop = SockaddrInet::unspecified(family_of(prefix.addr()));
    let is_own = interface.owns(prefix.addr()) && prefix.prefix_len() == prefix.max_prefix_len();
    Route {
        key: RouteKey {
            prefix,
            luid: interface.luid,
            next_hop: unspecified(prefix),
        },
        row: MibIpForwardRow2 {
            interface_luid: interface.luid,
            interface_index: interface.index,
            destination_prefix: IpAddressPrefix::new(prefix.addr(), prefix.prefix_len()),
            next_hop,
            valid_lifetime: INFINITE_LIFETIME,
            preferred_lifetime: INFINITE_LIFETIME,
            metric: METRIC,
            protocol: PROTOCOL_LOCAL,
            loopback: u8::from(is_own || interface.is_loopback),
            immortal: 1,
            origin: ORIGIN_WELL_KNOWN,
            ..MibIpForwardRow2::default()
        },
        since: now,
    }
}

const fn unspecified(prefix: IpNet) -> IpAddr {
    match prefix {
        IpNet::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpNet::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interfaces::NetworkDescription;

    fn prefixes(name: &str) -> Vec<String> {
        let machine = NetworkDescription::default();
        let description = machine
            .interfaces()
            .find(|interface| interface.name == name)
            .unwrap();
        of(&Interface::new(description), Duration::ZERO)
            .iter()
            .map(|route| route.key.prefix.to_string())
            .collect()
    }

    #[test]
    fn a_network_card_has_its_subnets_and_its_addresses() {
        assert_eq!(
            prefixes("IF7"),
            [
                "192.0.2.0/24",
                "192.0.2.10/32",
                "192.0.2.255/32",
                "224.0.0.0/4",
                "255.255.255.255/32",
                "2001:db8::/64",
                "2001:db8::10/128",
                "fe80::/64",
                "ff00::/8",
            ]
        );
    }

    #[test]
    fn a_loopback_has_no_link_local_prefix() {
        assert_eq!(
            prefixes("IF1"),
            [
                "127.0.0.0/8",
                "127.0.0.1/32",
                "127.255.255.255/32",
                "224.0.0.0/4",
                "255.255.255.255/32",
                "::1/128",
                "ff00::/8",
            ]
        );
    }
}
