//! Why a route is refused, in words.

use std::fmt;

use ipforward::{Device, Diagnosis, Error, Reason, Route};

use crate::guess::guess;

/// Why a route is refused, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The rule that it breaks.
    pub(crate) diagnosis: Diagnosis,
    /// Whether that is not the driver's word but guessed from the status.
    pub(crate) guessed: bool,
    /// The route.
    pub(crate) route: Route,
}

impl Cause {
    /// Why a call about `route` failed: what the driver says, or, if it cannot be
    /// asked, what seems likely.
    pub(crate) fn of(device: &Device, error: &Error, route: &Route) -> Option<Self> {
        let told = match error.reason() {
            // The route is not what is wrong.
            Some(Reason::AccessDenied) | None => None,
            Some(_) => device.diagnose(error, route),
        };
        let diagnosis = told.or_else(|| guess(error, route))?;
        diagnosis.is_fault().then_some(Self {
            diagnosis,
            guessed: told.is_none(),
            route: *route,
        })
    }

    /// The driver's word on a route.
    pub(crate) const fn told(diagnosis: Diagnosis, route: Route) -> Self {
        Self {
            diagnosis,
            guessed: false,
            route,
        }
    }

    /// The name of the rule, for programs.
    pub(crate) const fn name(&self) -> &'static str {
        match self.diagnosis {
            Diagnosis::NothingFound => "nothing_found",
            Diagnosis::PrefixFamily => "prefix_family",
            Diagnosis::PrefixLength { .. } => "prefix_length",
            Diagnosis::HostBits { .. } => "host_bits",
            Diagnosis::NextHopUnspecified => "next_hop_unspecified",
            Diagnosis::NextHopFamily => "next_hop_family",
            Diagnosis::InterfaceUnspecified => "interface_unspecified",
            Diagnosis::Lifetimes { .. } => "lifetimes",
            Diagnosis::SitePrefixLength { .. } => "site_prefix_length",
            Diagnosis::Metric { .. } => "metric",
            Diagnosis::FamilyWithoutStack => "family_without_stack",
            Diagnosis::InterfaceUnknown => "interface_unknown",
            Diagnosis::FamilyNotBound => "family_not_bound",
            Diagnosis::Duplicate { .. } => "duplicate",
            Diagnosis::InterfaceWithoutRoutes => "interface_without_routes",
            _ => "other",
        }
    }

    /// The route in the way, if there is one.
    pub(crate) const fn existing(&self) -> Option<&Route> {
        match &self.diagnosis {
            Diagnosis::Duplicate { existing } => Some(existing),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    /// The rule, without the member.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = &self.route;
        let family = family(route);
        match self.diagnosis {
            Diagnosis::NothingFound => formatter.write_str("no known rule is broken"),
            Diagnosis::PrefixFamily => formatter.write_str("the prefix is neither IPv4 nor IPv6"),
            Diagnosis::PrefixLength { limit } => {
                write!(formatter, "an {family} prefix has at most {limit} bits")
            }
            Diagnosis::HostBits { .. } => write!(
                formatter,
                "bits are set behind the prefix length of {}",
                route.destination.prefix_len()
            ),
            Diagnosis::NextHopUnspecified => {
                formatter.write_str("the next hop has no address family")
            }
            Diagnosis::NextHopFamily => write!(
                formatter,
                "the next hop {} is not {family}, as the prefix is",
                route.next_hop
            ),
            Diagnosis::InterfaceUnspecified => {
                formatter.write_str("index and LUID of the interface are both 0")
            }
            Diagnosis::Lifetimes { valid } => write!(
                formatter,
                "the route is preferred for longer than the {} s that it is valid",
                u32::from(valid)
            ),
            Diagnosis::SitePrefixLength { limit } => write!(
                formatter,
                "the site prefix is longer than the {limit} bits of the prefix"
            ),
            Diagnosis::Metric { limit } => write!(
                formatter,
                "the metric {} is above {limit}, the largest there is",
                route.metric
            ),
            Diagnosis::FamilyWithoutStack => {
                write!(formatter, "this machine has no {family} stack")
            }
            Diagnosis::InterfaceUnknown => {
                write!(formatter, "there is no interface {}", route.interface)
            }
            Diagnosis::FamilyNotBound => {
                write!(formatter, "interface {} has no {family}", route.interface)
            }
            Diagnosis::Duplicate { existing } => {
                write!(formatter, "the route is there already: {existing}")
            }
            Diagnosis::InterfaceWithoutRoutes => {
                write!(formatter, "interface {} carries no routes", route.interface)
            }
            Diagnosis::Other(number) => {
                write!(
                    formatter,
                    "rule {number}, which this routectl does not know"
                )
            }
            _ => formatter.write_str("a rule that this routectl does not know"),
        }
    }
}

/// The family of a route's prefix, for people.
pub(crate) fn family(route: &Route) -> &'static str {
    if route.destination.addr().is_ipv4() {
        "IPv4"
    } else {
        "IPv6"
    }
}

#[cfg(test)]
mod tests {
    use ipforward::{Interface, IpNet};

    use super::*;

    #[test]
    fn every_cause_has_a_name_and_words_of_its_own() {
        let destination: IpNet = "10.20.0.1/16".parse().unwrap();
        let route = Route::new(destination, Interface::Index(99)).metric(u32::MAX - 1);
        let causes = [
            Diagnosis::NothingFound,
            Diagnosis::PrefixFamily,
            Diagnosis::PrefixLength { limit: 32 },
            Diagnosis::HostBits { meant: destination },
            Diagnosis::NextHopUnspecified,
            Diagnosis::NextHopFamily,
            Diagnosis::InterfaceUnspecified,
            Diagnosis::Lifetimes { valid: 60.into() },
            Diagnosis::SitePrefixLength { limit: 16 },
            Diagnosis::Metric { limit: 0x7FFF_FFFF },
            Diagnosis::FamilyWithoutStack,
            Diagnosis::InterfaceUnknown,
            Diagnosis::FamilyNotBound,
            Diagnosis::Duplicate { existing: route },
            Diagnosis::InterfaceWithoutRoutes,
            Diagnosis::Other(77),
        ]
        .map(|diagnosis| Cause::told(diagnosis, route));
        for (index, cause) in causes.iter().enumerate() {
            for other in &causes[..index] {
                assert_ne!(cause.name(), other.name());
                assert_ne!(cause.to_string(), other.to_string());
            }
        }
    }
}
