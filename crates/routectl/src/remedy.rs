//! What to do about a failure.

use std::fmt;
use std::net::IpAddr;

use ipforward::abi::route::METRIC_MAX;
use ipforward::abi::{NtStatus, Operation};
use ipforward::{Error, Interface, IpNet, Route, RouteKey};

/// What to do about a failure. The causes behind it are guesses: the network stack is the judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Read how the command is used.
    ReadHelp,
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
    /// Use a smaller metric.
    LowerMetric,
    /// Name an interface.
    NameInterface,
    /// See the route that is there, or make room.
    SeeExisting(RouteKey),
    /// Use an interface that is there.
    SeeInterfaces(Interface),
    /// Use the keys of a route that is there.
    SeeRoutes,
    /// Use another family or interface.
    OtherStack(IpAddr),
    /// Try again when there is memory.
    TryAgain,
}

impl Remedy {
    /// What to do about `error`, of a call about `route` if it was about one.
    pub(crate) fn of(error: &Error, route: Option<&Route>) -> Option<Self> {
        match error {
            Error::DeviceNotFound { .. } | Error::Unreachable { .. } => Some(Self::StartDriver),
            Error::HostGone { .. } => Some(Self::RestartHost),
            Error::AccessDenied { .. } => Some(Self::RaiseRights),
            Error::VersionMismatch { .. } => Some(Self::MatchVersions),
            Error::Refused {
                operation: Operation::CreateRoute,
                ..
            } if error.is_duplicate() => route.map(|route| Self::SeeExisting(route.key())),
            Error::Refused { operation, .. } => Self::of_status(*operation, error.status()?, route),
            _ => None,
        }
    }

    fn of_status(operation: Operation, status: NtStatus, route: Option<&Route>) -> Option<Self> {
        match (status, operation, route) {
            (NtStatus::ACCESS_DENIED, ..) => Some(Self::RaiseRights),
            (NtStatus::NO_MEMORY | NtStatus::INSUFFICIENT_RESOURCES, ..) => Some(Self::TryAgain),
            (NtStatus::INVALID_DEVICE_REQUEST, ..) => Some(Self::MatchVersions),
            (NtStatus::INVALID_PARAMETER | NtStatus::OBJECT_NAME_NOT_FOUND, _, Some(route)) => {
                Self::of_malformed(route)
            }
            (NtStatus::NOT_FOUND, Operation::CreateRoute, Some(route)) => {
                Some(Self::SeeInterfaces(route.interface))
            }
            (NtStatus::NOT_FOUND, Operation::DeleteRoute | Operation::GetRoute, _) => {
                Some(Self::SeeRoutes)
            }
            (NtStatus::NOT_SUPPORTED, _, Some(route)) => {
                Some(Self::OtherStack(route.destination.addr()))
            }
            _ => None,
        }
    }

    /// The rule that a refused row breaks, as far as the row alone shows it.
    fn of_malformed(route: &Route) -> Option<Self> {
        let meant = route.destination.trunc();
        let next_hop = route.next_hop.address();
        if route.destination != meant {
            Some(Self::ClearHostBits { meant })
        } else if next_hop.is_some_and(|hop| hop.is_ipv4() != meant.addr().is_ipv4()) {
            Some(Self::MatchFamilies)
        } else if route.interface.luid().unwrap_or(0) == 0
            && route.interface.index().unwrap_or(0) == 0
        {
            Some(Self::NameInterface)
        } else if route.metric > METRIC_MAX {
            Some(Self::LowerMetric)
        } else {
            None
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadHelp => formatter.write_str("`routectl --help` shows commands and examples"),
            Self::StartDriver => formatter.write_str(if cfg!(windows) {
                "install the driver as an administrator (`devcon install driver.inf \
                 Root\\IpForward`); `sc query ipforward` says whether it runs"
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
            Self::ClearHostBits { meant } => write!(
                formatter,
                "the prefix has bits set behind its length: {meant} was probably meant"
            ),
            Self::MatchFamilies => formatter.write_str(
                "prefix and next hop must both be IPv4 or both be IPv6; see also --family",
            ),
            Self::LowerMetric => write!(formatter, "a metric is at most {METRIC_MAX}"),
            Self::NameInterface => {
                formatter.write_str("name an interface: its index and its LUID are not 0")
            }
            Self::SeeExisting(key) => write!(
                formatter,
                "the route is there already, see `routectl route show`; `routectl route delete \
                 {key}` makes room"
            ),
            Self::SeeInterfaces(interface) => write!(
                formatter,
                "there is no interface {interface}, or it has no such family; `routectl route \
                 show` lists the interfaces in use"
            ),
            Self::SeeRoutes => formatter.write_str(
                "there is no such route: prefix, next hop and interface must be those that \
                 `routectl route show` lists",
            ),
            Self::OtherStack(address) => write!(
                formatter,
                "this machine has no {family} stack, or the interface carries no routes",
                family = if address.is_ipv4() { "IPv4" } else { "IPv6" }
            ),
            Self::TryAgain => formatter.write_str("the kernel is short of memory: try again"),
        }
    }
}
