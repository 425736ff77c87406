//! What to do about a failure.

use std::fmt;

use ipforward::abi::Operation;
use ipforward::{Diagnosis, Error, IpNet, Reason, Route};

use crate::cause::{Cause, family};

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Read how the command is used.
    ReadHelp,
    /// Read which formats can be imported.
    ReadFormats,
    /// Install the driver, or start its host.
    StartDriver,
    /// Start the host again and see what was done.
    RestartHost,
    /// Ask as somebody with more rights.
    RaiseRights,
    /// Use driver and tool of the same release.
    MatchVersions,
    /// Clear the bits behind the prefix length.
    ClearHostBits { meant: IpNet },
    /// Use a next hop of the destination's family.
    MatchFamilies,
    /// Use a value up to this one for what is named.
    Lower { what: &'static str, limit: u32 },
    /// Turn this family on in the system.
    TurnOn { family: &'static str },
    /// Change the route that is there, or make room.
    UseExisting(Route),
    /// Use an interface that is there.
    SeeInterfaces,
    /// Use the keys of a route that is there.
    SeeRoutes,
    /// Add a route that leads there.
    AddRoute,
    /// Use an interface that carries routes.
    OtherInterface,
    /// Try again when there is memory.
    TryAgain,
    /// What Windows' device installation is waiting for.
    #[cfg(windows)]
    Words(&'static str),
    /// Share the route with the program that holds it.
    Share,
}

impl Remedy {
    /// What to do about `error`.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::DeviceNotFound { .. } | Error::Unreachable { .. } => Some(Self::StartDriver),
            Error::HostGone { .. } => Some(Self::RestartHost),
            Error::AccessDenied { .. } => Some(Self::RaiseRights),
            Error::VersionMismatch { .. } => Some(Self::MatchVersions),
            Error::Refused { operation, .. } => Self::of_refused(*operation, error.reason()?),
            _ => None,
        }
    }

    /// What to do about `error`, of a call about `route`, if `cause` is why.
    pub(crate) fn of_call(error: &Error, route: &Route, cause: Option<&Cause>) -> Option<Self> {
        match cause {
            Some(cause) => Self::of_cause(cause),
            None if error.is_duplicate() => Some(Self::UseExisting(*route)),
            None => Self::of(error),
        }
    }

    fn of_refused(operation: Operation, reason: Reason) -> Option<Self> {
        match (reason, operation) {
            (Reason::AccessDenied, _) => Some(Self::RaiseRights),
            (Reason::Held, _) => Some(Self::Share),
            (Reason::OutOfMemory, _) => Some(Self::TryAgain),
            (Reason::NotSupported, _) => Some(Self::OtherInterface),
            (Reason::UnknownCall | Reason::Buffers, _) => Some(Self::MatchVersions),
            (Reason::Unreachable | Reason::NotFound, Operation::GetBestRoute) => {
                Some(Self::AddRoute)
            }
            (
                Reason::NotFound,
                Operation::SetRoute | Operation::DeleteRoute | Operation::GetRoute,
            ) => Some(Self::SeeRoutes),
            _ => None,
        }
    }

    /// What to do about a route that breaks a rule.
    pub(crate) fn of_cause(cause: &Cause) -> Option<Self> {
        match cause.diagnosis {
            Diagnosis::HostBits { meant } => Some(Self::ClearHostBits { meant }),
            Diagnosis::PrefixFamily | Diagnosis::NextHopUnspecified | Diagnosis::NextHopFamily => {
                Some(Self::MatchFamilies)
            }
            Diagnosis::InterfaceUnspecified
            | Diagnosis::InterfaceUnknown
            | Diagnosis::FamilyNotBound => Some(Self::SeeInterfaces),
            Diagnosis::FamilyWithoutStack => Some(Self::TurnOn {
                family: family(&cause.route),
            }),
            Diagnosis::InterfaceWithoutRoutes => Some(Self::OtherInterface),
            Diagnosis::PrefixLength { limit } => Some(Self::Lower {
                what: "prefix length",
                limit,
            }),
            Diagnosis::Lifetimes { valid } => Some(Self::Lower {
                what: "preferred lifetime",
                limit: valid.into(),
            }),
            Diagnosis::SitePrefixLength { limit } => Some(Self::Lower {
                what: "site prefix length",
                limit,
            }),
            Diagnosis::Metric { limit } => Some(Self::Lower {
                what: "metric",
                limit,
            }),
            Diagnosis::Duplicate { .. } => Some(Self::UseExisting(cause.route)),
            Diagnosis::NothingFound => None,
            // A rule that this program does not know.
            _ => Some(Self::MatchVersions),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadHelp => formatter.write_str("`routectl --help` shows commands and examples"),
            Self::ReadFormats => {
                formatter.write_str("`routectl import --help` shows the formats and examples")
            }
            Self::StartDriver => formatter.write_str(if cfg!(windows) {
                "install the driver as an administrator (`pnputil /add-driver driver.inf`, then \
                 `routectl device install`); `routectl device status` says whether it runs"
            } else {
                "start the driver's host (`cargo xtask demo`, or `nthost run`) and name its socket \
                 with --device or $IPFORWARD_DEVICE"
            }),
            Self::RestartHost => formatter.write_str(
                "start `nthost run` again; `routectl route show` then says what was done",
            ),
            Self::RaiseRights => formatter.write_str(if cfg!(windows) {
                "run routectl from an elevated prompt, as an administrator"
            } else {
                "run routectl as root"
            }),
            Self::MatchVersions => {
                formatter.write_str("use driver and routectl of the same release")
            }
            Self::ClearHostBits { meant } => write!(formatter, "{meant} was probably meant"),
            Self::MatchFamilies => formatter.write_str(
                "prefix and next hop must both be IPv4 or both be IPv6; see also --family",
            ),
            Self::Lower { what, limit } => write!(formatter, "use a {what} of {limit} or less"),
            Self::TurnOn { family } => write!(
                formatter,
                "turn {family} on in this system, or leave its routes out"
            ),
            Self::UseExisting(route) => write!(
                formatter,
                "`routectl route set {route:#}` changes it, `routectl route delete {key}` makes room",
                key = route.key()
            ),
            Self::SeeInterfaces => formatter.write_str(
                "`routectl interface show` lists the interfaces and the families that they have",
            ),
            Self::SeeRoutes => formatter.write_str(
                "there is no such route: prefix, next hop and interface must be those that \
                 `routectl route show` lists",
            ),
            Self::AddRoute => formatter.write_str(
                "no route in use leads there; `routectl route show --contains ADDRESS` lists those \
                 that match",
            ),
            Self::OtherInterface => formatter.write_str(
                "the interface carries no routes; `routectl interface show` lists the others",
            ),
            #[cfg(windows)]
            Self::Words(words) => formatter.write_str(words),
            Self::Share => formatter.write_str(
                "another program holds the route: if both say `share`, it stays until the last of \
                 them ends",
            ),
            Self::TryAgain => formatter.write_str("the kernel is short of memory: try again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ipforward::Interface;

    use super::*;

    #[test]
    fn a_remedy_names_what_is_to_be_changed() {
        let destination: IpNet = "2001:db8:20::/48".parse().unwrap();
        let route = Route::new(destination, Interface::Index(7));
        let remedy = |diagnosis| {
            Remedy::of_cause(&Cause::told(diagnosis, route)).map(|remedy| remedy.to_string())
        };
        for (diagnosis, words) in [
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
                Diagnosis::FamilyWithoutStack,
                "turn IPv6 on in this system, or leave its routes out",
            ),
            (
                Diagnosis::InterfaceWithoutRoutes,
                "the interface carries no routes; `routectl interface show` lists the others",
            ),
        ] {
            assert_eq!(remedy(diagnosis).as_deref(), Some(words), "{diagnosis:?}");
        }
    }
}
