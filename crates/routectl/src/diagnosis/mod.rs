//! The cause of a refusal, as text, and hints.

mod hint;
mod local_diagnosis;
mod warning;

use std::fmt;

use ipforward::{Device, Diagnosis, Error, Reason, Route};

use local_diagnosis::local_diagnosis;

pub(crate) use hint::Hint;
pub(crate) use warning::{JsonWarning, Warning};

/// The rule that a route breaks, with the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteDiagnosis {
    /// The broken rule.
    pub(crate) diagnosis: Diagnosis,
    /// True if routectl found the rule itself, because the driver does not explain.
    pub(crate) is_local: bool,
    /// The route.
    pub(crate) route: Route,
}

impl RouteDiagnosis {
    /// The cause of a failed call for `route`: the driver's diagnosis or, if the driver does not
    /// explain, one from the status and the route.
    pub(crate) fn of(device: &Device, error: &Error, route: &Route) -> Option<Self> {
        let of_driver = match error.reason() {
            // The route is not the cause.
            Some(Reason::AccessDenied) | None => None,
            Some(_) => device.diagnose(error, route),
        };
        let diagnosis = of_driver.or_else(|| local_diagnosis(error, route))?;
        diagnosis.is_fault().then_some(Self {
            diagnosis,
            is_local: of_driver.is_none(),
            route: *route,
        })
    }

    /// A diagnosis of the driver.
    pub(crate) const fn of_driver(diagnosis: Diagnosis, route: Route) -> Self {
        Self {
            diagnosis,
            is_local: false,
            route,
        }
    }

    /// The name of the rule in JSON.
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
            Diagnosis::GuardOutsideDefaultCompartment => "guard_outside_default_compartment",
            Diagnosis::LeasesOfHandle { .. } => "leases_of_handle",
            Diagnosis::HandlesOfLease { .. } => "handles_of_lease",
            Diagnosis::LeaseBytesOfHandle { .. } => "lease_bytes_of_handle",
            Diagnosis::LeaseBytesOfAllHandles { .. } => "lease_bytes_of_all_handles",
            _ => "other",
        }
    }

    /// The existing route with the same key, if that is the cause.
    pub(crate) const fn existing(&self) -> Option<&Route> {
        match &self.diagnosis {
            Diagnosis::Duplicate { existing } => Some(existing),
            _ => None,
        }
    }
}

impl fmt::Display for RouteDiagnosis {
    /// Formats the rule, without the member.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.diagnosis.rule(&self.route))
    }
}

/// The family of a route's prefix, as text.
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
    fn every_diagnosis_has_its_own_name_and_text() {
        let destination: IpNet = "10.20.0.1/16".parse().unwrap();
        let route = Route::new(destination, Interface::Index(99)).metric(u32::MAX - 1);
        let diagnoses = [
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
            Diagnosis::GuardOutsideDefaultCompartment,
            Diagnosis::LeasesOfHandle { limit: 1 },
            Diagnosis::HandlesOfLease { limit: 1 },
            Diagnosis::LeaseBytesOfHandle { limit: 1 },
            Diagnosis::LeaseBytesOfAllHandles { limit: 1 },
            Diagnosis::Other(77),
        ]
        .map(|diagnosis| RouteDiagnosis::of_driver(diagnosis, route));
        for (index, one) in diagnoses.iter().enumerate() {
            for other in &diagnoses[..index] {
                assert_ne!(one.name(), other.name());
                assert_ne!(one.to_string(), other.to_string());
            }
        }
    }
}
