//! The routes that Windows adds for each local address: to the address, to its prefix and to the
//! broadcast address of each on-link prefix; and those for loopback, multicast and broadcast.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::IpNet;

use super::address::is_host;
use super::line_change::{InterfaceRef, SystemRouteIf};

/// A route of a table, as far as it shows whether the system added it.
#[derive(Clone, Debug)]
pub(super) struct TableRow {
    pub(super) prefix: IpNet,
    pub(super) dev: Option<InterfaceRef>,
    pub(super) is_on_link: bool,
    pub(super) metric: SystemMetric,
}

/// Whether the own metric of a route is 256, which the system gives to its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemMetric {
    Yes,
    No,
    /// The table shows only the sum with the unknown metric of the interface.
    Unknown,
}

/// Whether the system added a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    System,
    /// The system, if this holds on this computer.
    SystemIf(SystemRouteIf),
    User,
}

/// The shortest prefix of an address of an interface. Shorter prefixes, of which VPNs make default
/// routes, are of users.
const OWN_LENGTH_MIN_IPV4: u8 = 8;
const OWN_LENGTH_MIN_IPV6: u8 = 32;

impl Maker {
    /// What must hold on this computer for a route of the system.
    pub(super) const fn condition(self) -> Option<SystemRouteIf> {
        match self {
            Self::SystemIf(condition) => Some(condition),
            Self::System | Self::User => None,
        }
    }
}

/// The own addresses and the on-link prefixes of a table.
#[derive(Debug, Default)]
pub(super) struct SystemRoutes {
    addresses: Vec<(InterfaceRef, IpAddr)>,
    prefixes: Vec<(InterfaceRef, IpNet)>,
}

impl SystemRoutes {
    /// Collects the own addresses from on-link host routes with the metric of the system.
    pub(super) fn of(rows: &[TableRow]) -> Self {
        let mut routes = Self::without_addresses(rows);
        let found = rows.iter().filter(|row| {
            let address = row.prefix.addr();
            routes.can_own(row)
                && row.is_on_link
                && is_host(row.prefix)
                && row.metric == SystemMetric::Yes
                && !is_special(row.prefix)
                && !routes.is_broadcast(row.dev.as_ref(), address)
        });
        routes.addresses = found
            .filter_map(|row| Some((row.dev.clone()?, row.prefix.addr())))
            .collect();
        routes
    }

    /// False for the route to a host that is neither the address of the interface nor on its link, if the
    /// table shows that address: a user has added it.
    fn can_own(&self, row: &TableRow) -> bool {
        let address = row.prefix.addr();
        let is_on_link = |(dev, prefix): &(InterfaceRef, IpNet)| {
            Some(dev) == row.dev.as_ref() && prefix.prefix_len() > 1 && prefix.contains(&address)
        };
        match row.dev {
            Some(InterfaceRef::Address(own)) => {
                own == address || self.prefixes.iter().any(is_on_link)
            }
            _ => true,
        }
    }

    fn without_addresses(rows: &[TableRow]) -> Self {
        let prefixes = rows
            .iter()
            .filter(|row| row.is_on_link && !is_host(row.prefix))
            .filter_map(|row| Some((row.dev.clone()?, row.prefix)));
        Self {
            addresses: Vec::new(),
            prefixes: prefixes.collect(),
        }
    }

    /// Adds own addresses that the table shows elsewhere.
    pub(super) fn add_addresses(
        &mut self,
        addresses: impl Iterator<Item = (InterfaceRef, IpAddr)>,
    ) {
        for address in addresses {
            if !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
    }

    /// Who added a route.
    pub(super) fn maker(&self, row: &TableRow) -> Maker {
        if !row.is_on_link || row.prefix.prefix_len() <= 1 {
            return Maker::User;
        }
        let address = row.prefix.addr();
        let dev = row.dev.as_ref();
        if is_loopback_or_broadcast(row.prefix) {
            Maker::System
        } else if is_special(row.prefix) {
            match row.metric {
                SystemMetric::No => Maker::User,
                _ => Maker::System,
            }
        } else if is_host(row.prefix) {
            if self.has_address(dev, |own| *own == address) {
                Maker::System
            } else if self.is_broadcast(dev, address) {
                match row.metric {
                    SystemMetric::Yes => Maker::System,
                    SystemMetric::Unknown => Maker::SystemIf(SystemRouteIf::Metric),
                    SystemMetric::No => Maker::User,
                }
            } else {
                Maker::User
            }
        } else if self.may_be_own(dev, row.prefix) {
            match row.metric {
                SystemMetric::Yes => Maker::SystemIf(SystemRouteIf::OwnPrefix),
                SystemMetric::Unknown => Maker::SystemIf(SystemRouteIf::MetricAndOwnPrefix),
                SystemMetric::No => Maker::User,
            }
        } else {
            Maker::User
        }
    }

    /// True if the prefix can be that of an own address. Of several prefixes with the address, the
    /// longest is.
    fn may_be_own(&self, dev: Option<&InterfaceRef>, prefix: IpNet) -> bool {
        let is_long = match prefix {
            IpNet::V4(prefix) => prefix.prefix_len() >= OWN_LENGTH_MIN_IPV4,
            IpNet::V6(prefix) => prefix.prefix_len() >= OWN_LENGTH_MIN_IPV6,
        };
        let is_longest = |own: &IpAddr| {
            let others = self.prefixes.iter().filter(|(other, _)| Some(other) == dev);
            let mut longer = others.filter(|(_, other)| other.prefix_len() > prefix.prefix_len());
            prefix.contains(own) && !longer.any(|(_, other)| other.contains(own))
        };
        is_long && self.has_address(dev, is_longest)
    }

    fn has_address(&self, dev: Option<&InterfaceRef>, is_it: impl Fn(&IpAddr) -> bool) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|(other, address)| Some(other) == dev && is_it(address))
    }

    fn is_broadcast(&self, dev: Option<&InterfaceRef>, address: IpAddr) -> bool {
        address.is_ipv4()
            && self.prefixes.iter().any(|(other, prefix)| {
                Some(other) == dev && [prefix.network(), prefix.broadcast()].contains(&address)
            })
    }
}

/// True for prefixes that only the system routes.
fn is_loopback_or_broadcast(prefix: IpNet) -> bool {
    let address = prefix.addr();
    address.is_loopback() || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// True for loopback, multicast, limited broadcast and the link-local prefix.
fn is_special(prefix: IpNet) -> bool {
    is_loopback_or_broadcast(prefix)
        || prefix.addr().is_multicast()
        || prefix == IpNet::new_assert(IpAddr::from([0xFE80, 0, 0, 0, 0, 0, 0, 0]), 64)
}
