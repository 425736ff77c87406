//! Mistakes that the network stack accepts: next hops that no packet can reach.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipforward::{
    AddressFamily, Destination, Device, Error, Interface, IpInterface, IpNet, NextHop, Route,
    RouteProtocol,
};
use serde::Serialize;

/// On-link routes with a shorter prefix send packets into a tunnel; they say nothing about neighbors.
const LINK_LENGTH_MIN: u8 = 2;

/// A property of a route that is probably a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Warning {
    /// The next hop is a loopback address.
    Loopback(IpAddr),
    /// The next hop is a multicast address.
    Multicast(IpAddr),
    /// The next hop is the limited broadcast address.
    Broadcast,
    /// The next hop is an address of this interface.
    OwnAddress(IpAddr, Interface),
    /// The next hop is on the link of another interface.
    OtherLink {
        address: IpAddr,
        link: Interface,
        interface: Interface,
    },
    /// The next hop is on no link; `link` is a prefix on that of the route's interface.
    OffLink {
        address: IpAddr,
        link: IpNet,
        interface: Interface,
    },
    /// The interface of the route has no link now.
    Disconnected(Interface),
}

/// A warning as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonWarning {
    name: &'static str,
    text: String,
}

impl Warning {
    /// The warnings about a route; none if the driver does not list the tables.
    pub(crate) fn of_route(device: &Device, route: &Route) -> Result<Vec<Self>, Error> {
        if is_plainly_on_link(device, route)? {
            return Ok(Vec::new());
        }
        let tables = device
            .routes(route.family())
            .and_then(|routes| Ok((routes, device.interfaces(route.family())?)));
        match tables {
            Ok((routes, interfaces)) => Ok(warnings(route, &routes, &interfaces)),
            Err(Error::Refused { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Loopback(_) => "next_hop_loopback",
            Self::Multicast(_) => "next_hop_multicast",
            Self::Broadcast => "next_hop_broadcast",
            Self::OwnAddress(..) => "next_hop_own_address",
            Self::OtherLink { .. } => "next_hop_other_interface",
            Self::OffLink { .. } => "next_hop_off_link",
            Self::Disconnected(_) => "interface_disconnected",
        }
    }
}

/// True if packets to the next hop leave directly by the interface of the route. Saves reading a large
/// table for a usual route.
fn is_plainly_on_link(device: &Device, route: &Route) -> Result<bool, Error> {
    let (NextHop::Gateway { address, .. }, true) = (route.next_hop, is_unicast(route)) else {
        return Ok(false);
    };
    match device.best_route(Destination::new(address).interface(route.interface)) {
        Ok(best) => Ok(is_link(&best.route) && !is_own_address(&best.route, address)),
        Err(Error::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// True if the next hop is an address of a neighbor in the family of the route.
fn is_unicast(route: &Route) -> bool {
    route.next_hop.address().is_some_and(|address| {
        family(address) == route.family()
            && !address.is_loopback()
            && !address.is_multicast()
            && address != Ipv4Addr::BROADCAST
    })
}

/// The warnings about a route, from the tables of its family.
fn warnings(route: &Route, routes: &[Route], interfaces: &[IpInterface]) -> Vec<Warning> {
    let of_next_hop = of_next_hop(route, routes);
    let of_interface = interfaces
        .iter()
        .find(|row| row.interface.is_same(route.interface) && !row.is_connected())
        .map(|row| Warning::Disconnected(row.interface));
    of_next_hop.into_iter().chain(of_interface).collect()
}

fn of_next_hop(route: &Route, routes: &[Route]) -> Option<Warning> {
    let NextHop::Gateway { address, scope_id } = route.next_hop else {
        return None;
    };
    if family(address) != route.family() {
        return None; // The stack refuses the route.
    }
    if address.is_loopback() {
        return Some(Warning::Loopback(address));
    }
    if address.is_multicast() {
        return Some(Warning::Multicast(address));
    }
    if address == Ipv4Addr::BROADCAST {
        return Some(Warning::Broadcast);
    }
    if let Some(own) = routes.iter().find(|row| is_own_address(row, address)) {
        return Some(Warning::OwnAddress(address, own.interface));
    }
    let interface = route.interface;
    let scope = Interface::Index(scope_id);
    if scope_id != 0 && interface.index().is_some() && !scope.is_same(interface) {
        return Some(Warning::OtherLink {
            address,
            link: scope,
            interface,
        });
    }
    off_link(address, interface, routes)
}

/// The warning about a next hop that is on no link of `interface`. An interface without an on-link
/// prefix is a tunnel: it has no link to be off.
fn off_link(address: IpAddr, interface: Interface, routes: &[Route]) -> Option<Warning> {
    let is_here = |row: &&Route| row.interface.is_same(interface);
    let holds = |row: &&Route| row.destination.contains(&address);
    let links = || routes.iter().filter(|row| is_link(row));
    if is_link_local(address) || links().any(|row| is_here(&row) && holds(&row)) {
        return None;
    }
    let other = links()
        .filter(holds)
        .max_by_key(|row| row.destination.prefix_len());
    if let Some(other) = other {
        return Some(Warning::OtherLink {
            address,
            link: other.interface,
            interface,
        });
    }
    let is_subnet = |row: &&Route| row.destination.prefix_len() < row.destination.max_prefix_len();
    let link = links().filter(is_here).find(is_subnet)?;
    Some(Warning::OffLink {
        address,
        link: link.destination,
        interface,
    })
}

/// True for the route to a subnet or to a neighbor on a link.
fn is_link(row: &Route) -> bool {
    let prefix = row.destination;
    row.next_hop == NextHop::OnLink
        && prefix.prefix_len() >= LINK_LENGTH_MIN
        && !prefix.addr().is_multicast()
        && !is_link_local(prefix.addr())
}

/// True for the route that the system has for `address` of its own.
fn is_own_address(row: &Route, address: IpAddr) -> bool {
    row.next_hop == NextHop::OnLink
        && row.protocol == RouteProtocol::LOCAL
        && row.flags.contains(ipforward::RouteFlags::LOOPBACK)
        && row.destination == IpNet::from(address)
}

const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

const fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::IPV4,
        IpAddr::V6(_) => AddressFamily::IPV6,
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => {
                write!(formatter, "next hop {address} is a loopback address")
            }
            Self::Multicast(address) => {
                write!(formatter, "next hop {address} is a multicast address")
            }
            Self::Broadcast => formatter.write_str(
                "next hop 255.255.255.255 is the limited broadcast address, not a gateway",
            ),
            Self::OwnAddress(address, interface) => write!(
                formatter,
                "next hop {address} is an address of this machine, on interface {interface}; for \
                 an on-link route omit `via`"
            ),
            Self::OtherLink {
                address,
                link,
                interface,
            } => write!(
                formatter,
                "next hop {address} is on the link of interface {link}, not of interface \
                 {interface}"
            ),
            Self::OffLink {
                address,
                link,
                interface,
            } => write!(
                formatter,
                "next hop {address} is not on the link of interface {interface} ({link})"
            ),
            Self::Disconnected(interface) => write!(
                formatter,
                "interface {interface} is not connected: its routes are not used until it is"
            ),
        }
    }
}

impl From<&Warning> for JsonWarning {
    fn from(warning: &Warning) -> Self {
        Self {
            name: warning.name(),
            text: warning.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ipforward::RouteFlags;

    use super::*;

    const SEVEN: Interface = Interface::Index(7);
    const EIGHT: Interface = Interface::Index(8);

    fn route(prefix: &str, interface: Interface) -> Route {
        Route::new(prefix.parse::<IpNet>().unwrap(), interface)
    }

    /// The routes of a system for its addresses, and a tunnel without an on-link prefix.
    fn system() -> Vec<Route> {
        let local = |prefix, interface, flags| {
            route(prefix, interface)
                .protocol(RouteProtocol::LOCAL)
                .flags(flags)
        };
        let none = RouteFlags::empty();
        vec![
            local("192.0.2.0/24", SEVEN, none),
            local("192.0.2.10/32", SEVEN, RouteFlags::LOOPBACK),
            local("192.0.2.255/32", SEVEN, none),
            local("224.0.0.0/4", SEVEN, none),
            local("198.51.100.0/24", EIGHT, none),
            local("224.0.0.0/4", EIGHT, none),
            local("fe80::/64", SEVEN, none),
            local("fe80::/64", EIGHT, none),
            local("2001:db8::/64", EIGHT, none),
        ]
    }

    fn warned(prefix: &str, via: &str, interface: Interface) -> Option<&'static str> {
        let next_hop: NextHop = via.parse().unwrap();
        let route = route(prefix, interface).via(next_hop);
        of_next_hop(&route, &system()).map(|warning| warning.name())
    }

    #[test]
    fn a_next_hop_that_no_packet_reaches_is_named() {
        for (via, interface, expected) in [
            ("192.0.2.254", SEVEN, None),
            ("192.0.2.10", SEVEN, Some("next_hop_own_address")),
            ("192.0.2.10", EIGHT, Some("next_hop_own_address")),
            ("198.51.100.1", SEVEN, Some("next_hop_other_interface")),
            ("203.0.113.1", SEVEN, Some("next_hop_off_link")),
            ("127.0.0.1", SEVEN, Some("next_hop_loopback")),
            ("224.0.0.1", SEVEN, Some("next_hop_multicast")),
            ("255.255.255.255", SEVEN, Some("next_hop_broadcast")),
            ("on-link", SEVEN, None),
            // A tunnel has no on-link prefix.
            ("203.0.113.1", Interface::Index(46), None),
        ] {
            assert_eq!(warned("10.0.0.0/8", via, interface), expected, "{via}");
        }
        for (via, interface, expected) in [
            ("fe80::1", SEVEN, None),
            ("fe80::1%7", SEVEN, None),
            ("fe80::1%8", SEVEN, Some("next_hop_other_interface")),
            ("2001:db8::1", SEVEN, Some("next_hop_other_interface")),
            ("ff02::1", SEVEN, Some("next_hop_multicast")),
            ("::1", SEVEN, Some("next_hop_loopback")),
        ] {
            assert_eq!(warned("fd00::/8", via, interface), expected, "{via}");
        }
    }
}
