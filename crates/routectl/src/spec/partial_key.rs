//! The key of a route as far as the user gives it.

use std::fmt;

use ipforward::{AddressFamily, Interface, IpNet, NextHop, Route, RouteKey};

/// The key of an existing route, as far as the user gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartialKey {
    pub(crate) destination: IpNet,
    /// `None` if the user does not give it.
    pub(crate) next_hop: Option<NextHop>,
    /// `None` if the user does not give it.
    pub(crate) interface: Option<Interface>,
}

impl PartialKey {
    /// The key, if it is whole or, with `dev` alone, that of an on-link route.
    pub(crate) fn exact(&self) -> Option<RouteKey> {
        let next_hop = self.next_hop.unwrap_or(NextHop::OnLink);
        Some(RouteKey::new(self.destination, self.interface?).via(next_hop))
    }

    /// The family of the prefix.
    pub(crate) const fn family(&self) -> AddressFamily {
        match self.destination {
            IpNet::V4(_) => AddressFamily::IPV4,
            IpNet::V6(_) => AddressFamily::IPV6,
        }
    }

    /// True if the key names next hop and interface.
    pub(crate) const fn is_whole(&self) -> bool {
        self.next_hop.is_some() && self.interface.is_some()
    }

    /// True if a route has every member that is given. An IPv6 next hop without a scope is equal
    /// to one with any scope.
    pub(crate) fn matches(&self, route: &Route) -> bool {
        route.destination == self.destination
            && self
                .next_hop
                .is_none_or(|next_hop| is_equal(next_hop, route.next_hop))
            && self
                .interface
                .is_none_or(|interface| interface.is_same(route.interface))
    }
}

fn is_equal(given: NextHop, of_route: NextHop) -> bool {
    match given {
        NextHop::Gateway {
            address,
            scope_id: 0,
        } => of_route.address() == Some(address),
        given => given == of_route,
    }
}

impl fmt::Display for PartialKey {
    /// Formats it as arguments of `routectl route`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.destination)?;
        if let Some(next_hop) = self.next_hop {
            write!(formatter, " via {next_hop}")?;
        }
        match self.interface {
            Some(interface) => write!(formatter, " dev {interface}"),
            None => Ok(()),
        }
    }
}
