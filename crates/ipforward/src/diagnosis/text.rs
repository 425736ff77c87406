//! The rules as text.

use ipnet::IpNet;

use super::Diagnosis;
use crate::route::Route;

impl Diagnosis {
    /// What is wrong with `route`: the broken rule as a phrase.
    ///
    /// ```
    /// use ipforward::{Diagnosis, Interface, Route};
    ///
    /// let route = Route::new("10.20.0.1/16".parse()?, Interface::Index(7));
    /// let diagnosis = Diagnosis::of_refused_route(&route);
    /// assert_eq!(diagnosis.rule(&route), "bits are set behind the prefix length of 16");
    /// assert_eq!(diagnosis.expected(&route).as_deref(), Some("10.20.0.0/16"));
    /// # Ok::<(), ipnet::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn rule(&self, route: &Route) -> String {
        let family = family(route);
        match self {
            Self::NothingFound => "no known rule is broken".into(),
            Self::PrefixFamily => "the prefix is neither IPv4 nor IPv6".into(),
            Self::PrefixLength { limit } => format!("an {family} prefix has at most {limit} bits"),
            Self::HostBits { .. } => format!(
                "bits are set behind the prefix length of {}",
                route.destination.prefix_len()
            ),
            Self::NextHopUnspecified => "the next hop has no address family".into(),
            Self::NextHopFamily => format!(
                "the next hop {} is not {family} like the prefix",
                route.next_hop
            ),
            Self::InterfaceUnspecified => "index and LUID of the interface are both 0".into(),
            Self::Lifetimes { valid } => format!(
                "the preferred lifetime is longer than the valid lifetime of {} s",
                u32::from(*valid)
            ),
            Self::SitePrefixLength { limit } => {
                format!("the site prefix is longer than the {limit} bits of the prefix")
            }
            Self::Metric { limit } => {
                format!(
                    "the metric {} is above the maximum of {limit}",
                    route.metric
                )
            }
            Self::FamilyWithoutStack => format!("this system has no {family} stack"),
            Self::InterfaceUnknown => format!("interface {} does not exist", route.interface),
            Self::FamilyNotBound => format!("interface {} has no {family}", route.interface),
            Self::Duplicate { existing } => format!("the route exists already: {existing}"),
            Self::InterfaceWithoutRoutes => {
                format!("interface {} carries no routes", route.interface)
            }
            Self::GuardOutsideDefaultCompartment => "routes can be guarded in the default network \
                 compartment only, and this process is in another"
                .into(),
            Self::LeasesOfHandle { limit } => {
                format!("this handle holds {limit} routes, as many as it may")
            }
            Self::HandlesOfLease { limit } => {
                format!("{limit} handles share the route, as many as may")
            }
            Self::LeaseBytesOfHandle { limit } => format!(
                "the routes of this handle would take more than {limit} bytes of the driver's memory"
            ),
            Self::LeaseBytesOfAllHandles { limit } => format!(
                "the routes of all handles would take more than {limit} bytes of the driver's memory"
            ),
            Self::Other(number) => {
                format!("rule {number}, which this version of the client does not know")
            }
        }
    }

    /// What would be right, if the text of the [`rule`](Self::rule) does not say it already.
    #[must_use]
    pub fn expected(&self, route: &Route) -> Option<String> {
        let family = family(route);
        Some(match self {
            Self::HostBits { meant } => meant.to_string(),
            Self::NextHopUnspecified | Self::NextHopFamily => format!("an {family} next hop"),
            Self::InterfaceUnspecified => "one of them".into(),
            Self::InterfaceUnknown => "an interface of this system".into(),
            Self::FamilyNotBound => format!("an interface with {family}"),
            Self::InterfaceWithoutRoutes => "another interface".into(),
            Self::NothingFound
            | Self::PrefixFamily
            | Self::PrefixLength { .. }
            | Self::Lifetimes { .. }
            | Self::SitePrefixLength { .. }
            | Self::Metric { .. }
            | Self::FamilyWithoutStack
            | Self::Duplicate { .. }
            | Self::GuardOutsideDefaultCompartment
            | Self::LeasesOfHandle { .. }
            | Self::HandlesOfLease { .. }
            | Self::LeaseBytesOfHandle { .. }
            | Self::LeaseBytesOfAllHandles { .. }
            | Self::Other(_) => return None,
        })
    }
}

/// The family of a route's prefix.
const fn family(route: &Route) -> &'static str {
    match route.destination {
        IpNet::V4(_) => "IPv4",
        IpNet::V6(_) => "IPv6",
    }
}
