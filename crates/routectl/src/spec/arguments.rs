//! The arguments that describe a route.

use clap::{Args, ValueEnum};
use ipforward::AddressFamily;

/// A route as the user writes it.
#[derive(Args, Clone, Debug)]
pub(crate) struct RouteArguments {
    /// The route: its prefix, then pairs of a keyword and a value, in any order
    #[arg(required = true, value_name = "ROUTE")]
    pub(crate) spec: Vec<String>,
    /// The family of the prefix `default`, if there is no next hop that implies it
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
}

/// An address family as the command line writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IpFamily {
    /// IPv4
    #[value(name = "4")]
    Ipv4,
    /// IPv6
    #[value(name = "6")]
    Ipv6,
}

impl From<IpFamily> for AddressFamily {
    fn from(family: IpFamily) -> Self {
        match family {
            IpFamily::Ipv4 => Self::IPV4,
            IpFamily::Ipv6 => Self::IPV6,
        }
    }
}

/// The family, or [`AddressFamily::UNSPECIFIED`] for both.
pub(crate) fn family_or_both(family: Option<IpFamily>) -> AddressFamily {
    family.map_or(AddressFamily::UNSPECIFIED, AddressFamily::from)
}
