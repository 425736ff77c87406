//! The key of a route.

use std::fmt;

use ipnet::IpNet;

use super::words::Word;
use super::{Interface, NextHop, Route};

/// The key that identifies a route: destination prefix, next hop and interface.
///
/// ```
/// use ipforward::{Interface, RouteKey};
///
/// let key = RouteKey::new("0.0.0.0/0".parse()?, Interface::Index(7)).via([192, 0, 2, 254]);
/// assert_eq!(key.to_string(), "0.0.0.0/0 via 192.0.2.254 dev 7");
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteKey {
    /// The destination prefix. Bits behind its length are kept as given: the stack refuses them.
    pub destination: IpNet,
    /// The next hop.
    pub next_hop: NextHop,
    /// The interface that packets leave by.
    pub interface: Interface,
}

impl RouteKey {
    /// The key of the on-link route to `destination`.
    #[must_use]
    pub const fn new(destination: IpNet, interface: Interface) -> Self {
        Self {
            destination,
            next_hop: NextHop::OnLink,
            interface,
        }
    }

    /// The same key with `next_hop`.
    #[must_use]
    pub fn via(self, next_hop: impl Into<NextHop>) -> Self {
        Self {
            next_hop: next_hop.into(),
            ..self
        }
    }

    /// True if both keys are of one route, also if one names the interface by its index and the other by
    /// its LUID and index.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.destination == other.destination
            && self.next_hop == other.next_hop
            && self.interface.is_same(other.interface)
    }
}

impl From<&Route> for RouteKey {
    fn from(route: &Route) -> Self {
        route.key()
    }
}

impl From<&RouteKey> for Route {
    /// A [new](Route::new) route with this key.
    fn from(key: &RouteKey) -> Self {
        Self::new(key.destination, key.interface).via(key.next_hop)
    }
}

impl fmt::Display for RouteKey {
    /// Formats it as arguments of `routectl route`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.destination)?;
        if self.next_hop != NextHop::OnLink {
            write!(formatter, " via {}", self.next_hop)?;
        }
        write!(formatter, " dev {}", Word(&self.interface.to_string()))
    }
}
