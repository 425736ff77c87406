//! The origin of a route.

use std::fmt;

/// `NL_ROUTE_ORIGIN`: the origin of a route. The stack sets it.
///
/// ```
/// use ipforward::RouteOrigin;
///
/// assert_eq!(RouteOrigin::MANUAL.to_string(), "Manual");
/// assert_eq!(RouteOrigin(9).to_string(), "9");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteOrigin(pub u32);

impl RouteOrigin {
    /// Added by a user or a program.
    pub const MANUAL: Self = Self(0);
    /// A well-known route.
    pub const WELL_KNOWN: Self = Self(1);
    /// From DHCP.
    pub const DHCP: Self = Self(2);
    /// From a router advertisement.
    pub const ROUTER_ADVERTISEMENT: Self = Self(3);
    /// From a 6to4 tunnel.
    pub const SIX_TO_FOUR: Self = Self(4);

    /// The name of the origin, if Windows has one for it.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::MANUAL => "Manual",
            Self::WELL_KNOWN => "WellKnown",
            Self::DHCP => "Dhcp",
            Self::ROUTER_ADVERTISEMENT => "RouterAdvertisement",
            Self::SIX_TO_FOUR => "6to4",
            _ => return None,
        })
    }
}

impl fmt::Display for RouteOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.pad(name),
            None => self.0.fmt(formatter),
        }
    }
}
