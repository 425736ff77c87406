//! Routes as Linux has them, and their messages.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteNextHop,
    RouteProtocol, RouteScope, RouteType,
};

/// `RT_TABLE_MAIN`.
const MAIN: u8 = RouteHeader::RT_TABLE_MAIN;
/// `RT_TABLE_LOCAL`: what the kernel keeps for its own addresses.
const LOCAL: u8 = 255;

/// The members that identify a route on Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// The destination.
    pub(crate) prefix: IpNet,
    /// The index of the interface.
    pub(crate) interface: u32,
    /// The next hop; unspecified for an on-link route.
    pub(crate) next_hop: IpAddr,
}

/// One of the routes by which Linux takes a path. Windows has one at most; Linux distinguishes
/// them by priority, table and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    table: u8,
    /// The number by which Linux compares routes; lower is better.
    pub(crate) priority: u32,
    /// The protocol that made it.
    pub(crate) protocol: RouteProtocol,
    scope: RouteScope,
    kind: RouteType,
    tos: u8,
    /// The address to send from, if the route names one.
    pub(crate) source: Option<IpAddr>,
    /// Whether it is one next hop of an IPv4 route of several, which Linux changes as a whole.
    pub(crate) is_part: bool,
}

impl Entry {
    /// The entry for a route of Windows.
    pub(crate) fn new(path: &Path, priority: u32) -> Self {
        Self {
            table: MAIN,
            priority,
            protocol: RouteProtocol::Static,
            scope: if path.next_hop.is_unspecified() {
                RouteScope::Link
            } else {
                RouteScope::Universe
            },
            kind: RouteType::Unicast,
            tos: 0,
            source: None,
            is_part: false,
        }
    }

    /// The same with another priority.
    pub(crate) const fn with(self, priority: u32) -> Self {
        Self { priority, ..self }
    }

    /// True if the Linux kernel created the route and maintains it.
    pub(crate) fn is_the_kernels(&self) -> bool {
        self.protocol == RouteProtocol::Kernel
    }

    /// Whether it leads to the machine itself.
    pub(crate) fn is_local(&self) -> bool {
        self.kind == RouteType::Local
    }

    /// The order in which Linux takes them.
    pub(crate) const fn rank(&self) -> (bool, u32) {
        (self.table != LOCAL, self.priority)
    }

    /// The message that adds it; `is_direct` if the next hop is taken for a neighbour although
    /// no address of the interface says so.
    pub(crate) fn to_add(self, path: &Path, is_direct: bool) -> RouteMessage {
        let mut message = self.message(path);
        if is_direct {
            message.header.flags = RouteFlags::Onlink;
        }
        if !path.next_hop.is_unspecified() {
            message.attributes.push(gateway(path));
        }
        message
    }

    /// The message that removes it.
    pub(crate) fn to_remove(self, path: &Path) -> RouteMessage {
        let mut message = self.message(path);
        // IPv6 takes a missing gateway for any, and an unspecified one for none.
        if path.prefix.addr().is_ipv6() || !path.next_hop.is_unspecified() {
            message.attributes.push(gateway(path));
        }
        message
    }

    fn message(self, path: &Path) -> RouteMessage {
        let mut message = RouteMessage::default();
        message.header = RouteHeader {
            address_family: family(path.prefix.addr()),
            destination_prefix_length: path.prefix.prefix_len(),
            tos: self.tos,
            table: self.table,
            protocol: self.protocol,
            scope: self.scope,
            kind: self.kind,
            ..RouteHeader::default()
        };
        message.attributes = vec![
            RouteAttribute::Destination(path.prefix.addr().into()),
            RouteAttribute::Oif(path.interface),
            RouteAttribute::Priority(self.priority),
        ];
        let source = self.source.map(RouteAddress::from);
        message
            .attributes
            .extend(source.map(RouteAttribute::PrefSource));
        message
    }
}

fn gateway(path: &Path) -> RouteAttribute {
    RouteAttribute::Gateway(path.next_hop.into())
}

/// The question which route leads to `destination` through an interface.
pub(crate) fn question(destination: IpAddr, interface: u32) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: family(destination),
        destination_prefix_length: IpNet::from(destination).prefix_len(),
        flags: RouteFlags::FibMatch,
        ..RouteHeader::default()
    };
    message.attributes = vec![
        RouteAttribute::Destination(destination.into()),
        RouteAttribute::Oif(interface),
    ];
    message
}

/// The request for all routes of a family.
pub(crate) fn all_of(family: AddressFamily) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family;
    message
}

/// The family of an address.
pub(crate) const fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

/// The routes that a message is about, one for each next hop. None for what Windows cannot
/// express: other tables, routes by source, routes that lead nowhere, a next hop of the other
/// family.
pub(crate) fn read(message: &RouteMessage) -> Vec<(Path, Entry)> {
    let (Some(prefix), Some(entry)) = (prefix(message), entry(message)) else {
        return Vec::new();
    };
    let here = || (interface(&message.attributes), &message.attributes[..]);
    let hops: Vec<(Option<u32>, &[RouteAttribute])> = match next_hops(message) {
        Some(hops) => hops
            .iter()
            .map(|hop| (Some(hop.interface_index), &hop.attributes[..]))
            .collect(),
        None => vec![here()],
    };
    hops.into_iter()
        .filter_map(|(interface, attributes)| {
            let path = Path {
                prefix,
                interface: interface?,
                next_hop: next_hop(attributes, prefix)?,
            };
            Some((path, entry))
        })
        .collect()
}

fn prefix(message: &RouteMessage) -> Option<IpNet> {
    let unspecified = match message.header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let destination = message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::Destination(address) => ip(address),
            _ => None,
        });
    let length = message.header.destination_prefix_length;
    IpNet::new(destination.unwrap_or(unspecified), length).ok()
}

fn entry(message: &RouteMessage) -> Option<Entry> {
    let header = &message.header;
    let leads_somewhere = matches!(
        header.kind,
        RouteType::Unicast
            | RouteType::Local
            | RouteType::Broadcast
            | RouteType::Multicast
            | RouteType::Anycast
    );
    let is_shown = [MAIN, LOCAL].contains(&header.table)
        && leads_somewhere
        && header.source_prefix_length == 0
        && !header.flags.contains(RouteFlags::Cloned);
    is_shown.then(|| Entry {
        table: header.table,
        priority: priority(&message.attributes),
        protocol: header.protocol,
        scope: header.scope,
        kind: header.kind,
        tos: header.tos,
        source: source(&message.attributes),
        is_part: header.address_family == AddressFamily::Inet && next_hops(message).is_some(),
    })
}

fn priority(attributes: &[RouteAttribute]) -> u32 {
    let given = attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Priority(priority) => Some(*priority),
        _ => None,
    });
    given.unwrap_or(0)
}

fn source(attributes: &[RouteAttribute]) -> Option<IpAddr> {
    attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::PrefSource(address) => ip(address),
        _ => None,
    })
}

fn interface(attributes: &[RouteAttribute]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Oif(index) => Some(*index),
        _ => None,
    })
}

fn next_hops(message: &RouteMessage) -> Option<&[RouteNextHop]> {
    message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::MultiPath(hops) => Some(&hops[..]),
            _ => None,
        })
}

/// The next hop, unspecified if there is none; `None` if Windows cannot express it.
fn next_hop(attributes: &[RouteAttribute], prefix: IpNet) -> Option<IpAddr> {
    for attribute in attributes {
        match attribute {
            RouteAttribute::Gateway(address) => return ip(address),
            RouteAttribute::Via(_) => return None,
            _ => {}
        }
    }
    Some(match prefix {
        IpNet::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpNet::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    })
}

const fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(prefix: &str, next_hop: &str) -> Path {
        Path {
            prefix: prefix.parse().unwrap(),
            interface: 7,
            next_hop: next_hop.parse().unwrap(),
        }
    }

    #[test]
    fn a_route_is_read_back_from_its_own_message() {
        for path in [
            path("10.20.0.0/16", "192.0.2.254"),
            path("0.0.0.0/0", "0.0.0.0"),
            path("2001:db8:20::/48", "2001:db8::1"),
            path("::/0", "::"),
        ] {
            let entry = Entry::new(&path, 30);
            assert_eq!(read(&entry.to_add(&path, false)), [(path, entry)]);
            assert_eq!(read(&entry.to_remove(&path)), [(path, entry)]);
        }
    }

    #[test]
    fn a_route_by_several_next_hops_is_several_routes() {
        let first = path("10.20.0.0/16", "192.0.2.254");
        let entry = Entry::new(&first, 30);
        let mut message = entry.to_add(&first, false);
        let hops = ["192.0.2.254", "192.0.2.253"].map(|gateway| {
            let mut hop = RouteNextHop::default();
            hop.interface_index = 7;
            let gateway: IpAddr = gateway.parse().unwrap();
            hop.attributes = vec![RouteAttribute::Gateway(gateway.into())];
            hop
        });
        message
            .attributes
            .retain(|attribute| !matches!(attribute, RouteAttribute::Gateway(_)));
        message
            .attributes
            .push(RouteAttribute::MultiPath(hops.into()));
        let second = path("10.20.0.0/16", "192.0.2.253");
        let part = Entry {
            is_part: true,
            ..entry
        };
        assert_eq!(read(&message), [(first, part), (second, part)]);
    }

    #[test]
    fn a_route_that_leads_nowhere_is_not_shown() {
        let path = path("10.20.0.0/16", "0.0.0.0");
        let mut message = Entry::new(&path, 30).to_add(&path, false);
        message.header.kind = RouteType::BlackHole;
        assert_eq!(read(&message), []);
    }
}
