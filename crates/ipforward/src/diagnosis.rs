//! The rule that a route breaks.

mod text;

use abi::{Cause, MibIpForwardRow2, rules};
use ipnet::IpNet;

use crate::route::{InvalidRow, Lifetime, Route};

/// The first documented rule that a route breaks, as the driver finds it (`EXPLAIN_ROUTE`).
///
/// The stack decides: it may also refuse a route in which the driver finds no broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Diagnosis {
    /// The route breaks no rule that the driver knows.
    NothingFound,
    /// The prefix has no address family.
    PrefixFamily,
    /// The prefix is longer than an address of its family.
    PrefixLength {
        /// The maximum length, in bits.
        limit: u32,
    },
    /// The prefix has bits set behind its length.
    HostBits {
        /// The same prefix without these bits.
        meant: IpNet,
    },
    /// The next hop has no family.
    NextHopUnspecified,
    /// The next hop has another family than the prefix.
    NextHopFamily,
    /// LUID and index of the interface are both 0.
    InterfaceUnspecified,
    /// The preferred lifetime is longer than the valid lifetime.
    Lifetimes {
        /// The valid lifetime.
        valid: Lifetime,
    },
    /// The site prefix is longer than the prefix.
    SitePrefixLength {
        /// The maximum length, in bits.
        limit: u32,
    },
    /// The metric is larger than the maximum.
    Metric {
        /// The maximum metric.
        limit: u32,
    },
    /// The system has no stack for the family.
    FamilyWithoutStack,
    /// The interface does not exist.
    InterfaceUnknown,
    /// The interface exists, but does not have this family.
    FamilyNotBound,
    /// A route with the same keys exists already.
    Duplicate {
        /// The existing route.
        existing: Route,
    },
    /// The interface exists and has this family, but carries no routes.
    InterfaceWithoutRoutes,
    /// The entry wants a guard, and the caller is outside of the default network compartment.
    GuardOutsideDefaultCompartment,
    /// The handle holds as many leases as it may.
    LeasesOfHandle {
        /// So many.
        limit: u32,
    },
    /// As many handles hold the shared lease as may.
    HandlesOfLease {
        /// So many.
        limit: u32,
    },
    /// The leases of the handle would take too much of the driver's memory.
    LeaseBytesOfHandle {
        /// More than so many bytes.
        limit: u32,
    },
    /// The leases of all handles together would take too much of the driver's memory.
    LeaseBytesOfAllHandles {
        /// More than so many bytes.
        limit: u32,
    },
    /// A rule that this client does not know.
    Other(u32),
}

impl Diagnosis {
    /// The rule that the members of `route` break, found without the driver. For a route that the
    /// stack refused with `STATUS_INVALID_PARAMETER`.
    #[must_use]
    pub fn of_refused_route(route: &Route) -> Self {
        let row = MibIpForwardRow2::from(route);
        match rules::check_refused_row(&row) {
            Ok(()) => Self::NothingFound,
            Err(violation) => {
                Self::read(&violation.into(), &row).unwrap_or(Self::Other(violation.cause.0))
            }
        }
    }

    /// The diagnosis that the driver wrote about `row`.
    pub(crate) fn read(
        answer: &abi::Diagnosis,
        row: &MibIpForwardRow2,
    ) -> Result<Self, InvalidRow> {
        let limit = answer.limit;
        Ok(match answer.cause() {
            Cause::NONE => Self::NothingFound,
            Cause::PREFIX_FAMILY => Self::PrefixFamily,
            Cause::PREFIX_LENGTH => Self::PrefixLength { limit },
            Cause::HOST_BITS => Self::HostBits {
                meant: Route::try_from(row)?.destination.trunc(),
            },
            Cause::NEXT_HOP_UNSPECIFIED => Self::NextHopUnspecified,
            Cause::NEXT_HOP_FAMILY => Self::NextHopFamily,
            Cause::INTERFACE_UNSPECIFIED => Self::InterfaceUnspecified,
            Cause::LIFETIMES => Self::Lifetimes {
                valid: limit.into(),
            },
            Cause::SITE_PREFIX_LENGTH => Self::SitePrefixLength { limit },
            Cause::METRIC => Self::Metric { limit },
            Cause::FAMILY_WITHOUT_STACK => Self::FamilyWithoutStack,
            Cause::INTERFACE_UNKNOWN => Self::InterfaceUnknown,
            Cause::FAMILY_NOT_BOUND => Self::FamilyNotBound,
            Cause::DUPLICATE => Self::Duplicate {
                existing: Route::try_from(&answer.existing)?,
            },
            Cause::INTERFACE_WITHOUT_ROUTES => Self::InterfaceWithoutRoutes,
            Cause::GUARD_OUTSIDE_DEFAULT_COMPARTMENT => Self::GuardOutsideDefaultCompartment,
            Cause::LEASES_OF_HANDLE => Self::LeasesOfHandle { limit },
            Cause::HANDLES_OF_LEASE => Self::HandlesOfLease { limit },
            Cause::LEASE_BYTES_OF_HANDLE => Self::LeaseBytesOfHandle { limit },
            Cause::LEASE_BYTES_OF_ALL_HANDLES => Self::LeaseBytesOfAllHandles { limit },
            Cause(other) => Self::Other(other),
        })
    }

    /// The member of `MIB_IPFORWARD_ROW2` that breaks the rule, if it is a single one.
    #[must_use]
    pub const fn member(&self) -> Option<&'static str> {
        Some(match self {
            Self::PrefixFamily | Self::FamilyWithoutStack => "DestinationPrefix.Prefix.si_family",
            Self::PrefixLength { .. } => "DestinationPrefix.PrefixLength",
            Self::HostBits { .. } => "DestinationPrefix.Prefix",
            Self::NextHopUnspecified | Self::NextHopFamily => "NextHop",
            Self::InterfaceUnspecified
            | Self::InterfaceUnknown
            | Self::FamilyNotBound
            | Self::InterfaceWithoutRoutes => "InterfaceLuid",
            Self::Lifetimes { .. } => "PreferredLifetime",
            Self::SitePrefixLength { .. } => "SitePrefixLength",
            Self::Metric { .. } => "Metric",
            Self::NothingFound
            | Self::Duplicate { .. }
            | Self::GuardOutsideDefaultCompartment
            | Self::LeasesOfHandle { .. }
            | Self::HandlesOfLease { .. }
            | Self::LeaseBytesOfHandle { .. }
            | Self::LeaseBytesOfAllHandles { .. }
            | Self::Other(_) => return None,
        })
    }

    /// The largest valid value, if the rule has one.
    #[must_use]
    pub fn limit(&self) -> Option<u32> {
        match self {
            Self::PrefixLength { limit }
            | Self::SitePrefixLength { limit }
            | Self::Metric { limit }
            | Self::LeasesOfHandle { limit }
            | Self::HandlesOfLease { limit }
            | Self::LeaseBytesOfHandle { limit }
            | Self::LeaseBytesOfAllHandles { limit } => Some(*limit),
            Self::Lifetimes { valid } => Some((*valid).into()),
            _ => None,
        }
    }

    /// True if a rule is broken.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        *self != Self::NothingFound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Interface;

    fn row() -> MibIpForwardRow2 {
        MibIpForwardRow2::from(&route())
    }

    fn route() -> Route {
        let destination: IpNet = "10.20.0.1/16".parse().unwrap();
        Route::new(destination, Interface::Index(7))
    }

    fn read(cause: Cause, limit: u32) -> Diagnosis {
        let answer = abi::Diagnosis {
            cause: cause.0,
            limit,
            existing: row(),
        };
        Diagnosis::read(&answer, &row()).unwrap()
    }

    #[test]
    fn every_cause_of_the_contract_has_a_variant() {
        for cause in Cause::ALL {
            let diagnosis = read(*cause, 1);
            assert!(!matches!(diagnosis, Diagnosis::Other(_)), "{cause:?}");
            assert_eq!(diagnosis.is_fault(), *cause != Cause::NONE);
            let whole_row = matches!(*cause, Cause::NONE | Cause::DUPLICATE)
                || cause.0 >= Cause::GUARD_OUTSIDE_DEFAULT_COMPARTMENT.0;
            assert_eq!(diagnosis.member().is_none(), whole_row, "{cause:?}");
        }
        assert_eq!(read(Cause(999), 0), Diagnosis::Other(999));
    }

    #[test]
    fn a_diagnosis_carries_the_valid_value() {
        let meant = "10.20.0.0/16".parse().unwrap();
        assert_eq!(read(Cause::HOST_BITS, 0), Diagnosis::HostBits { meant });
        assert_eq!(read(Cause::METRIC, 9).limit(), Some(9));
        assert_eq!(read(Cause::PREFIX_LENGTH, 32).limit(), Some(32));
        assert_eq!(read(Cause::LIFETIMES, 60).limit(), Some(60));
        assert_eq!(
            read(Cause::DUPLICATE, 0),
            Diagnosis::Duplicate { existing: route() }
        );
    }

    #[test]
    fn an_invalid_existing_route_is_an_error() {
        let answer = abi::Diagnosis {
            cause: Cause::DUPLICATE.0,
            ..abi::Diagnosis::default()
        };
        let read = Diagnosis::read(&answer, &row());
        assert_eq!(read, Err(InvalidRow::Family(0)));
    }
}
