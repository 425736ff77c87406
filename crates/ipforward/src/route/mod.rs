//! Routes as values: what a caller says and reads, over the documented row of the contract.

mod flags;
mod interface;
mod key;
mod lifetime;
mod member;
mod next_hop;
mod origin;
mod protocol;
mod row;

use std::fmt;

use abi::AddressFamily;
use ipnet::IpNet;

pub use flags::RouteFlags;
pub use interface::{Interface, InvalidInterface};
pub use key::RouteKey;
pub use lifetime::{InvalidLifetime, Lifetime};
pub use member::RouteMember;
pub use next_hop::{InvalidNextHop, NextHop};
pub use origin::RouteOrigin;
pub use protocol::{InvalidProtocol, RouteProtocol};
pub use row::InvalidRow;

/// One IP route.
///
/// ```
/// use ipforward::{Interface, IpNet, Lifetime, Route};
///
/// let destination: IpNet = "2001:db8:20::/48".parse()?;
/// let route = Route::new(destination, Interface::Luid(0x0006_0080_0100_0000))
///     .via("2001:db8::1".parse::<std::net::IpAddr>()?)
///     .metric(5);
/// assert_eq!(
///     route.to_string(),
///     "2001:db8:20::/48 via 2001:db8::1 dev luid:0x0006008001000000 metric 5"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The destination prefix. Bits behind its length are kept as given: the stack refuses them.
    pub destination: IpNet,
    /// Where packets go next; [`NextHop::OnLink`] if the destination is on the interface's link.
    pub next_hop: NextHop,
    /// The interface packets leave by.
    pub interface: Interface,
    /// Offset to the metric of the interface, 0 to 0x7FFFFFFF; the lower sum of both wins.
    /// [`Route::METRIC_UNSPECIFIED`] leaves it to the stack.
    pub metric: u32,
    /// Who made the route, as it says of itself.
    pub protocol: RouteProtocol,
    /// Bits of the prefix that name the site, at most the length of the destination prefix.
    pub site_prefix_length: u8,
    /// How long the route stays.
    pub valid_lifetime: Lifetime,
    /// How long the route is preferred, at most as long as it is valid.
    pub preferred_lifetime: Lifetime,
    /// The route's flags.
    pub flags: RouteFlags,
    /// Seconds since the route was added or changed. Set by the stack, not looked at on create.
    pub age: u32,
    /// Where the route came from. Set by the stack, not looked at on create.
    pub origin: RouteOrigin,
}

impl Route {
    /// The metric of a route that does not say one: 256, as in `New-NetRoute`.
    pub const METRIC_DEFAULT: u32 = 256;

    /// The metric of a fresh row, which the stack takes for "not specified".
    pub const METRIC_UNSPECIFIED: u32 = abi::route::UNSPECIFIED;

    /// An on-link route to `destination` that stays for ever.
    ///
    /// Everything that `InitializeIpForwardEntry` leaves unspecified is set: metric
    /// [`METRIC_DEFAULT`](Self::METRIC_DEFAULT), protocol [`RouteProtocol::NET_MGMT`], site prefix
    /// length 0. All flags are set, as in a fresh row.
    #[must_use]
    pub fn new(destination: impl Into<IpNet>, interface: Interface) -> Self {
        Self {
            destination: destination.into(),
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

    /// The same route by way of `next_hop`.
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

    /// The same route with these lifetimes, and its flags as they are. See also
    /// [`valid_for`](Self::valid_for).
    #[must_use]
    pub fn lifetimes(self, valid: Lifetime, preferred: Lifetime) -> Self {
        Self {
            valid_lifetime: valid,
            preferred_lifetime: preferred,
            ..self
        }
    }

    /// The same route, which stays for this long: it is preferred no longer than that, and
    /// [immortal](RouteFlags::IMMORTAL) if that is for ever.
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

    /// What tells this route from every other.
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
    /// In the words of `routectl route add`: the keys and the metric. `{:#}` adds all members that
    /// do not follow from that, as in a [new](Route::new) route.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} metric {}", self.key(), self.metric)?;
        if formatter.alternate() {
            let new = Self::new(self.destination, self.interface).metric(self.metric);
            let valid = self.valid_lifetime;
            if valid != Lifetime::Infinite {
                write!(formatter, " valid {valid}")?;
            }
            for (_, member) in new.valid_for(valid).differences(self) {
                write!(formatter, " {} {}", member.word, member.value)?;
            }
        }
        Ok(())
    }
}
