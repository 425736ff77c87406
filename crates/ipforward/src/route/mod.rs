//! Routes as values, converted from and to `MIB_IPFORWARD_ROW2`.

mod alias;
mod flags;
mod interface;
mod key;
mod lifetime;
mod member;
mod next_hop;
mod origin;
mod parse;
mod protocol;
mod row;
#[cfg(feature = "serde")]
mod serialized;
mod words;

use std::fmt;

use abi::AddressFamily;
use ipnet::IpNet;

pub use alias::InterfaceAlias;
pub use flags::RouteFlags;
pub use interface::{Interface, InvalidInterface};
pub use key::RouteKey;
pub use lifetime::{InvalidLifetime, Lifetime};
pub use member::RouteMember;
pub use next_hop::{InvalidNextHop, NextHop};
pub use origin::RouteOrigin;
pub use parse::InvalidRoute;
pub use protocol::{InvalidProtocol, RouteProtocol};
pub use row::InvalidRow;

/// One IP route.
///
/// ```
/// use ipforward::{Interface, Route};
///
/// let route = Route::new("2001:db8:20::/48".parse()?, Interface::Luid(0x0006_0080_0100_0000))
///     .via("2001:db8::1".parse::<std::net::IpAddr>()?)
///     .metric(5);
/// assert_eq!(
///     route.to_string(),
///     "2001:db8:20::/48 via 2001:db8::1 dev luid:0x0006008001000000 metric 5"
/// );
/// assert_eq!(route.to_string().parse(), Ok(route));
///
/// // The device finds the interface of an alias when it sends the route.
/// let route: Route = "10.20.0.0/16 via 192.0.2.254 dev \"Ethernet 2\"".parse()?;
/// assert_eq!(route.interface, Interface::alias("Ethernet 2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The destination prefix. Bits behind its length are kept as given: the stack refuses them.
    pub destination: IpNet,
    /// The next hop; [`NextHop::OnLink`] if the destination is on the interface's link.
    pub next_hop: NextHop,
    /// The interface that packets leave by.
    pub interface: Interface,
    /// Offset to the metric of the interface, 0 to 0x7FFFFFFF; the lower sum of both wins.
    /// [`Route::METRIC_UNSPECIFIED`] leaves it to the stack.
    pub metric: u32,
    /// The protocol that added the route.
    pub protocol: RouteProtocol,
    /// Bits of the prefix that name the site, at most the length of the destination prefix.
    pub site_prefix_length: u8,
    /// The valid lifetime.
    pub valid_lifetime: Lifetime,
    /// The preferred lifetime, at most the valid lifetime.
    pub preferred_lifetime: Lifetime,
    /// The route's flags.
    pub flags: RouteFlags,
    /// Seconds since the route was added or changed. Set by the stack; ignored on create.
    pub age: u32,
    /// The origin of the route. Set by the stack; ignored on create.
    pub origin: RouteOrigin,
}

impl Route {
    /// The default metric: 256, as in `New-NetRoute`.
    pub const METRIC_DEFAULT: u32 = 256;

    /// The largest metric.
    pub const METRIC_MAX: u32 = abi::route::METRIC_MAX;

    /// The metric of an initialized row, which the stack treats as "not specified".
    pub const METRIC_UNSPECIFIED: u32 = abi::route::UNSPECIFIED;

    /// An on-link route to `destination` with an infinite lifetime.
    ///
    /// Sets everything that `InitializeIpForwardEntry` leaves unspecified: metric
    /// [`METRIC_DEFAULT`](Self::METRIC_DEFAULT), protocol [`RouteProtocol::NET_MGMT`], site prefix
    /// length 0. All flags are set, as in an initialized row.
    #[must_use]
    pub const fn new(destination: IpNet, interface: Interface) -> Self {
        Self {
            destination,
            next_hop: NextHop::OnLink,
            interface,
            metric: Self::METRIC_DEFAULT,
            protocol: RouteProtocol::NET_MGMT,
            site_prefix_length: 0,
            valid_lifetime: Lifetime::Infinite,
            preferred_lifetime: Lifetime::Infinite,
            flags: RouteFlags::all(),
            age: 0,
            origin: RouteOrigin::MANUAL,
        }
    }

    /// The same route through `next_hop`.
    #[must_use]
    pub fn via(self, next_hop: impl Into<NextHop>) -> Self {
        Self {
            next_hop: next_hop.into(),
            ..self
        }
    }

    /// The same route with this metric: an offset to the metric of the interface.
    #[must_use]
    pub fn metric(self, metric: u32) -> Self {
        Self { metric, ..self }
    }

    /// The same route with this protocol.
    #[must_use]
    pub fn protocol(self, protocol: RouteProtocol) -> Self {
        Self { protocol, ..self }
    }

    /// The same route with this site prefix length, in bits.
    #[must_use]
    pub fn site_prefix_length(self, site_prefix_length: u8) -> Self {
        Self {
            site_prefix_length,
            ..self
        }
    }

    /// The same route with these lifetimes and unchanged flags. See also
    /// [`valid_for`](Self::valid_for).
    #[must_use]
    pub fn lifetimes(self, valid: Lifetime, preferred: Lifetime) -> Self {
        Self {
            valid_lifetime: valid,
            preferred_lifetime: preferred,
            ..self
        }
    }

    /// The same route with this valid lifetime. Limits the preferred lifetime to it, and sets
    /// [`RouteFlags::IMMORTAL`] exactly if it is infinite.
    #[must_use]
    pub fn valid_for(self, valid: Lifetime) -> Self {
        let mut flags = self.flags;
        flags.set(RouteFlags::IMMORTAL, valid == Lifetime::Infinite);
        Self {
            valid_lifetime: valid,
            preferred_lifetime: self.preferred_lifetime.min(valid),
            flags,
            ..self
        }
    }

    /// The same route with these flags and no others.
    #[must_use]
    pub fn flags(self, flags: RouteFlags) -> Self {
        Self { flags, ..self }
    }

    /// The family of the destination.
    #[must_use]
    pub const fn family(&self) -> AddressFamily {
        match self.destination {
            IpNet::V4(_) => AddressFamily::IPV4,
            IpNet::V6(_) => AddressFamily::IPV6,
        }
    }

    /// The key that identifies the route.
    #[must_use]
    pub fn key(&self) -> RouteKey {
        RouteKey {
            destination: self.destination,
            next_hop: self.next_hop,
            interface: self.interface,
        }
    }
}

impl fmt::Display for Route {
    /// Formats the key and the metric as arguments of `routectl route add`. `{:#}` adds all members
    /// that differ from those of a [new](Route::new) route.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} metric {}", self.key(), self.metric)?;
        if formatter.alternate() {
            let new = Self::new(self.destination, self.interface).metric(self.metric);
            let valid = self.valid_lifetime;
            if valid != Lifetime::Infinite {
                write!(formatter, " valid {valid}")?;
            }
            for (_, member) in new.valid_for(valid).differences(self) {
                write!(formatter, " {} {}", member.keyword, member.value)?;
            }
        }
        Ok(())
    }
}
