//! The rows of routes that other programs made in Linux, and the conversion of metrics.
//!
//! Windows adds the metric of the interface to that of the route; Linux compares one number, the
//! priority. A route that is made here gets the sum as its priority, so that Linux chooses as
//! Windows would: `ip route` shows the complete metric.

use std::time::Duration;

use netlink_packet_route::route::RouteProtocol;
use nt_netio::memory::interface::{Interface, family_of};
use nt_netio::memory::table::{Route, RouteKey};
use nt_types::route::{INFINITE_LIFETIME, PROTOCOL_NET_MGMT};
use nt_types::{IpAddressPrefix, MibIpForwardRow2};

use crate::entry::Entry;

/// The metric of the routes that the kernel keeps itself, whatever their priority: that of the
/// stack's own routes on Windows.
const METRIC_OF_THE_KERNEL: u32 = 256;

/// The priority of a route with that metric through that interface.
pub(crate) fn priority(key: &RouteKey, metric: u32, interface: &Interface) -> u32 {
    let family = family_of(key.prefix.addr());
    let complete = interface.metric(family) + u64::from(metric);
    // Linux takes 0 for "not given" where it is IPv6.
    let lowest = u32::from(key.prefix.addr().is_ipv6());
    u32::try_from(complete).unwrap_or(u32::MAX).max(lowest)
}

/// The metric that Windows sees of an entry. What is better than the interface's own metric
/// cannot be expressed, and reads 0.
pub(crate) fn metric(key: &RouteKey, entry: &Entry, interface: &Interface) -> u32 {
    if entry.is_the_kernels() {
        return METRIC_OF_THE_KERNEL;
    }
    let of_interface = interface.metric(family_of(key.prefix.addr()));
    let metric = u64::from(entry.priority).saturating_sub(of_interface);
    u32::try_from(metric).unwrap_or(u32::MAX)
}

/// True if the row still matches the entry.
pub(crate) fn agree(route: &Route, entry: &Entry, interface: &Interface) -> bool {
    entry.is_the_kernels()
        || priority(&route.key, route.row.metric, interface) == entry.priority
        || metric(&route.key, entry, interface) == route.row.metric
}

/// A route that another process made.
pub(crate) fn foreign(
    key: RouteKey,
    entry: &Entry,
    interface: &Interface,
    since: Duration,
) -> Route {
    let (protocol, origin) = provenance(entry.protocol);
    let row = MibIpForwardRow2 {
        interface_luid: interface.luid,
        interface_index: interface.index,
        destination_prefix: IpAddressPrefix::new(key.prefix.addr(), key.prefix.prefix_len()),
        next_hop: key.next_hop.into(),
        valid_lifetime: INFINITE_LIFETIME,
        preferred_lifetime: INFINITE_LIFETIME,
        metric: metric(&key, entry, interface),
        protocol,
        loopback: u8::from(entry.is_local() || interface.is_loopback),
        immortal: 1,
        origin,
        ..MibIpForwardRow2::default()
    };
    Route { key, row, since }
}

/// `NL_ROUTE_PROTOCOL` and `NL_ROUTE_ORIGIN` for a Linux route protocol.
const fn provenance(protocol: RouteProtocol) -> (u32, u32) {
    const OTHER: u32 = 1;
    const LOCAL: u32 = 2;
    const MANUAL: u32 = 0;
    const WELL_KNOWN: u32 = 1;
    const DHCP: u32 = 2;
    const ROUTER_ADVERTISEMENT: u32 = 3;
    match protocol {
        RouteProtocol::Kernel => (LOCAL, WELL_KNOWN),
        RouteProtocol::Boot | RouteProtocol::Static => (PROTOCOL_NET_MGMT, MANUAL),
        RouteProtocol::IcmpRedirect => (4, MANUAL),
        RouteProtocol::Rip => (8, MANUAL),
        RouteProtocol::Isis => (9, MANUAL),
        RouteProtocol::Ospf => (13, MANUAL),
        RouteProtocol::Bgp => (14, MANUAL),
        RouteProtocol::Eigrp => (16, MANUAL),
        RouteProtocol::Dhcp => (19, DHCP),
        RouteProtocol::Ra => (OTHER, ROUTER_ADVERTISEMENT),
        _ => (OTHER, MANUAL),
    }
}

#[cfg(test)]
mod tests {
    use nt_netio::interfaces::NetworkDescription;

    use super::*;
    use crate::entry::Path;

    fn interface() -> Interface {
        let machine = NetworkDescription::default();
        let description = machine.interfaces().find(|interface| interface.index == 7);
        Interface::new(description.unwrap())
    }

    fn key() -> RouteKey {
        RouteKey {
            prefix: "10.20.0.0/16".parse().unwrap(),
            luid: interface().luid,
            next_hop: "192.0.2.254".parse().unwrap(),
        }
    }

    fn entry(priority: u32) -> Entry {
        let key = key();
        let path = Path {
            prefix: key.prefix,
            interface: 7,
            next_hop: key.next_hop,
        };
        Entry::new(&path, priority)
    }

    #[test]
    fn the_priority_is_the_complete_metric() {
        assert_eq!(priority(&key(), 5, &interface()), 30);
        assert_eq!(metric(&key(), &entry(30), &interface()), 5);
    }

    #[test]
    fn a_complete_metric_never_overflows() {
        assert_eq!(priority(&key(), u32::MAX, &interface()), u32::MAX);
    }

    #[test]
    fn a_priority_below_the_interface_metric_reads_zero() {
        let entry = entry(3);
        let route = foreign(key(), &entry, &interface(), Duration::ZERO);
        assert_eq!(route.row.metric, 0);
        assert!(agree(&route, &entry, &interface()));
    }

    #[test]
    fn a_stored_metric_of_all_ones_agrees_with_its_entry() {
        let mut route = foreign(key(), &entry(0), &interface(), Duration::ZERO);
        route.row.metric = u32::MAX;
        assert!(agree(&route, &entry(u32::MAX), &interface()));
    }
}
