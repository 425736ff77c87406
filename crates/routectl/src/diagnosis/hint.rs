//! What the user can do about an error.

use std::fmt;

use ipforward::abi::Operation;
use ipforward::{Diagnosis, Error, IpNet, Reason, Route};

use super::{RouteDiagnosis, family};

/// What the user can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Read the help.
    ReadHelp,
    /// Read the formats of `import`.
    ReadFormats,
    /// Install the driver, or start its host.
    StartDriver,
    /// Start the host again and check the routes.
    RestartHost,
    /// Run routectl with more rights.
    Elevate,
    /// Use a driver and a routectl of the same release.
    MatchVersions,
    /// Clear the bits behind the prefix length.
    ClearHostBits { meant: IpNet },
    /// Use a next hop of the prefix's family.
    MatchFamilies,
    /// Use a value up to the limit for this member.
    Lower { member: &'static str, limit: u32 },
    /// Enable this family in the system.
    EnableFamily { family: &'static str },
    /// Change or delete the existing route.
    UseExisting(Route),
    /// Use an existing interface.
    ListInterfaces,
    /// Use the key of an existing route.
    ListRoutes,
    /// Name one of the routes of the error.
    ChooseRoute,
    /// Add a route to the address.
    AddRoute,
    /// Use an interface that carries routes.
    OtherInterface,
    /// Do without a guard, or go to the default network compartment.
    OmitGuard,
    /// Hold fewer routes with one program.
    HoldFewer,
    /// Find the programs that hold the routes.
    FindHolders,
    /// Try again when the kernel has memory.
    TryAgain,
    /// A hint for Windows' device installation.
    #[cfg(windows)]
    Text(&'static str),
    /// Share the route with the program that holds it.
    Share,
    /// Wait for the program that leases the settings of the interface.
    AwaitHolder,
    /// Find the program that keeps changing a guarded route.
    FindRival,
}

impl Hint {
    /// The hint for `error`.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::DeviceNotFound { .. } | Error::Unreachable { .. } => Some(Self::StartDriver),
            Error::HostGone { .. } => Some(Self::RestartHost),
            Error::AccessDenied { .. } => Some(Self::Elevate),
            Error::VersionMismatch { .. } => Some(Self::MatchVersions),
            Error::Refused { operation, .. } => Self::of_refused(*operation, error.reason()?),
            _ => None,
        }
    }

    /// The hint for `error` of a call for `route` with this diagnosis.
    pub(crate) fn of_call(
        error: &Error,
        route: &Route,
        diagnosis: Option<&RouteDiagnosis>,
    ) -> Option<Self> {
        match diagnosis {
            Some(diagnosis) => Self::of_diagnosis(diagnosis),
            None if error.is_duplicate() => Some(Self::UseExisting(*route)),
            None => Self::of(error),
        }
    }

    fn of_refused(operation: Operation, reason: Reason) -> Option<Self> {
        match (reason, operation) {
            (Reason::AccessDenied, _) => Some(Self::Elevate),
            (Reason::Held, Operation::SetInterface) => Some(Self::AwaitHolder),
            (Reason::Held, _) => Some(Self::Share),
            (Reason::OutOfMemory, _) => Some(Self::TryAgain),
            (Reason::NotSupported, Operation::SetInterface | Operation::GetInterface) => None,
            (Reason::NotFound, Operation::SetInterface | Operation::GetInterface) => {
                Some(Self::ListInterfaces)
            }
            (Reason::NotSupported, _) => Some(Self::OtherInterface),
            (Reason::UnknownCall | Reason::Buffers, _) => Some(Self::MatchVersions),
            (Reason::Unreachable | Reason::NotFound, Operation::GetBestRoute) => {
                Some(Self::AddRoute)
            }
            (
                Reason::NotFound,
                Operation::SetRoute | Operation::DeleteRoute | Operation::GetRoute,
            ) => Some(Self::ListRoutes),
            _ => None,
        }
    }

    /// The hint for a route that breaks a rule.
    pub(crate) fn of_diagnosis(diagnosis: &RouteDiagnosis) -> Option<Self> {
        match diagnosis.diagnosis {
            Diagnosis::HostBits { meant } => Some(Self::ClearHostBits { meant }),
            Diagnosis::PrefixFamily | Diagnosis::NextHopUnspecified | Diagnosis::NextHopFamily => {
                Some(Self::MatchFamilies)
            }
            Diagnosis::InterfaceUnspecified
            | Diagnosis::InterfaceUnknown
            | Diagnosis::FamilyNotBound => Some(Self::ListInterfaces),
            Diagnosis::FamilyWithoutStack => Some(Self::EnableFamily {
                family: family(&diagnosis.route),
            }),
            Diagnosis::InterfaceWithoutRoutes => Some(Self::OtherInterface),
            Diagnosis::GuardOutsideDefaultCompartment => Some(Self::OmitGuard),
            Diagnosis::LeasesOfHandle { .. } | Diagnosis::LeaseBytesOfHandle { .. } => {
                Some(Self::HoldFewer)
            }
            Diagnosis::HandlesOfLease { .. } | Diagnosis::LeaseBytesOfAllHandles { .. } => {
                Some(Self::FindHolders)
            }
            Diagnosis::PrefixLength { limit } => Some(Self::Lower {
                member: "prefix length",
                limit,
            }),
            Diagnosis::Lifetimes { valid } => Some(Self::Lower {
                member: "preferred lifetime",
                limit: valid.into(),
            }),
            Diagnosis::SitePrefixLength { limit } => Some(Self::Lower {
                member: "site prefix length",
                limit,
            }),
            Diagnosis::Metric { limit } => Some(Self::Lower {
                member: "metric",
                limit,
            }),
            Diagnosis::Duplicate { .. } => Some(Self::UseExisting(diagnosis.route)),
            Diagnosis::NothingFound => None,
            // A rule of a newer driver.
            _ => Some(Self::MatchVersions),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadHelp => formatter.write_str("see `routectl --help` for commands and examples"),
            Self::ReadFormats => {
                formatter.write_str("see `routectl import --help` for formats and examples")
            }
            Self::StartDriver => formatter.write_str(if cfg!(windows) {
                "install the driver as an administrator (`pnputil /add-driver driver.inf`, then \
                 `routectl device install`); `routectl device status` shows its state"
            } else {
                "start the driver's host (`cargo xtask demo`, or `nthost run`) and name its socket \
                 with --device or $IPFORWARD_DEVICE"
            }),
            Self::RestartHost => formatter.write_str(
                "start `nthost run` again; then `routectl route show` lists the routes that exist",
            ),
            Self::Elevate => formatter.write_str(if cfg!(windows) {
                "run routectl from an elevated prompt, as an administrator"
            } else {
                "run routectl as root"
            }),
            Self::MatchVersions => {
                formatter.write_str("use a driver and a routectl of the same release")
            }
            Self::ClearHostBits { meant } => write!(formatter, "use {meant}"),
            Self::MatchFamilies => formatter.write_str(
                "prefix and next hop must both be IPv4 or both be IPv6; see also --family",
            ),
            Self::Lower { member, limit } => write!(formatter, "use a {member} of {limit} or less"),
            Self::EnableFamily { family } => write!(
                formatter,
                "enable {family} in this system, or omit its routes"
            ),
            Self::UseExisting(route) => write!(
                formatter,
                "change it with `routectl route set {route:#}`, or delete it with `routectl route delete {key}`",
                key = route.key()
            ),
            Self::ListInterfaces => formatter.write_str(
                "use an interface that `routectl interface show` lists for this family",
            ),
            Self::ListRoutes => formatter.write_str(
                "use the prefix, next hop and interface of a route that `routectl route show` lists",
            ),
            Self::ChooseRoute => formatter.write_str("give the next hop and the interface of one of these routes"),
            Self::AddRoute => formatter.write_str(
                "add a route to the address; `routectl route show --contains ADDRESS` lists the matching \
                 routes",
            ),
            Self::OtherInterface => formatter.write_str(
                "use another interface that `routectl interface show` lists; this one carries no routes",
            ),
            #[cfg(windows)]
            Self::Text(text) => formatter.write_str(text),
            Self::FindRival => formatter.write_str(
                "stop the other program, then hold the route again; if it uses this driver, \
                 `routectl leases` lists it",
            ),
            Self::Share => formatter.write_str(
                "another program holds the route; if both use `share`, it exists until the last of \
                 them ends",
            ),
            Self::HoldFewer => formatter
                .write_str("hold some of the routes with another `routectl hold`, or fewer of them"),
            Self::FindHolders => formatter.write_str(
                "`routectl leases` lists the programs that hold routes; end some of them",
            ),
            Self::AwaitHolder => formatter.write_str(
                "another program holds settings of the interface until it ends; `routectl interface \
                 set` changes them all the same",
            ),
            Self::OmitGuard => formatter.write_str(
                "omit `guard`, or run routectl in the default network compartment",
            ),
            Self::TryAgain => formatter.write_str("try again later; the kernel is short of memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ipforward::Interface;

    use super::*;

    #[test]
    fn a_hint_names_the_member_to_change() {
        let destination: IpNet = "2001:db8:20::/48".parse().unwrap();
        let route = Route::new(destination, Interface::Index(7));
        let hint = |diagnosis| {
            Hint::of_diagnosis(&RouteDiagnosis::of_driver(diagnosis, route))
                .map(|hint| hint.to_string())
        };
        for (diagnosis, text) in [
            (
                Diagnosis::PrefixLength { limit: 128 },
                "use a prefix length of 128 or less",
            ),
            (
                Diagnosis::Lifetimes { valid: 60.into() },
                "use a preferred lifetime of 60 or less",
            ),
            (
                Diagnosis::SitePrefixLength { limit: 48 },
                "use a site prefix length of 48 or less",
            ),
            (Diagnosis::Metric { limit: 9 }, "use a metric of 9 or less"),
            (
                Diagnosis::LeasesOfHandle { limit: 9 },
                "hold some of the routes with another `routectl hold`, or fewer of them",
            ),
            (
                Diagnosis::LeaseBytesOfAllHandles { limit: 9 },
                "`routectl leases` lists the programs that hold routes; end some of them",
            ),
            (
                Diagnosis::FamilyWithoutStack,
                "enable IPv6 in this system, or omit its routes",
            ),
            (
                Diagnosis::InterfaceWithoutRoutes,
                "use another interface that `routectl interface show` lists; this one carries no routes",
            ),
        ] {
            assert_eq!(hint(diagnosis).as_deref(), Some(text), "{diagnosis:?}");
        }
    }
}
