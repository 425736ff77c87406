//! Why a call failed.

mod malformed;
mod refused_route;
mod similar_names;
mod transport_error;
mod unknown_interface;

use std::io;
use std::path::PathBuf;

use abi::{NtStatus, Operation};

use crate::driver_error::DriverError;
use crate::reason::Reason;

pub use malformed::Malformed;
pub use refused_route::RefusedRoute;
pub use similar_names::similar_names;
pub use transport_error::TransportError;
pub use unknown_interface::UnknownInterface;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No device has this path: the driver is not installed, or its host does not run.
    #[error("no IpForward device at {}: {}", path.display(), NtStatus::OBJECT_NAME_NOT_FOUND)]
    DeviceNotFound {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
    },
    /// The caller may not open the device.
    #[error("access denied to {}: {}", path.display(), NtStatus::ACCESS_DENIED)]
    AccessDenied {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
    },
    /// The device exists, and opening it failed.
    #[error("cannot open {}: {driver_error}", path.display())]
    OpenRefused {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
        /// The status.
        #[source]
        driver_error: DriverError,
    },
    /// The device's path cannot be used.
    #[error("cannot connect to {}: {kind}", path.display())]
    Unreachable {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
        /// The system's error.
        kind: io::ErrorKind,
    },
    /// Driver and client are built for different versions of the contract.
    #[error(
        "contract version mismatch: the driver has version {driver}, this client version {client}"
    )]
    VersionMismatch {
        /// The driver's version.
        driver: u32,
        /// The version that this client is built for.
        client: u32,
    },
    /// The driver, or the network stack below it, refused the call.
    #[error("{}", refusal(*operation, route.as_deref(), *driver_error))]
    #[non_exhaustive]
    Refused {
        /// The call.
        operation: Operation,
        /// The status.
        #[source]
        driver_error: DriverError,
        /// The route that the call was for, if it was for one.
        route: Option<Box<RefusedRoute>>,
    },
    /// The device is that of `Device::ip_helper`, on Windows, and the IP Helper API has no such
    /// operation.
    #[error(
        "{} needs the IpForward driver: the IP Helper API has no {}",
        operation.description().name,
        of_driver_only(*operation)
    )]
    NeedsDriver {
        /// The call.
        operation: Operation,
    },
    /// The host of the driver went away; the call may or may not have been executed.
    #[error("lost the connection to the driver's host ({kind})")]
    HostGone {
        /// The error of the connection.
        kind: io::ErrorKind,
    },
    /// A buffer of the call is larger than the system accepts.
    #[error("buffer of {length} bytes is too large for one call")]
    TooLarge {
        /// Length of the larger buffer, in bytes.
        length: usize,
    },
    /// A batch has more entries than one call takes. Nothing was sent.
    #[error("batch of {count} entries is too large: at most {max}")]
    TooManyEntries {
        /// Entries in the batch.
        count: usize,
        /// Entries that one call takes.
        max: u32,
    },
    /// No interface has the alias of a route. Nothing was sent.
    #[error(transparent)]
    UnknownInterface(UnknownInterface),
    /// The device has a watch with this filter already.
    #[error("the device is watched already through this filter")]
    WatchedAlready,
    /// The system could not start a thread for a watch.
    #[error("cannot start a thread: {kind}")]
    NoThread {
        /// The system's error.
        kind: io::ErrorKind,
    },
    /// The call succeeded with an answer that breaks the contract.
    #[error("malformed answer to {}: {cause}", operation.description().name)]
    Malformed {
        /// The call.
        operation: Operation,
        /// How the answer breaks the contract.
        #[source]
        cause: Malformed,
    },
}

impl Error {
    /// The error of `operation` for an error of the transport.
    #[must_use]
    pub fn from_transport(operation: Operation, error: TransportError) -> Self {
        match error {
            TransportError::Refused(driver_error) => Self::Refused {
                operation,
                driver_error,
                route: None,
            },
            TransportError::NeedsDriver => Self::NeedsDriver { operation },
            TransportError::Gone(kind) => Self::HostGone { kind },
            TransportError::TooLarge { length } => Self::TooLarge { length },
            TransportError::Malformed(cause) => Self::Malformed { operation, cause },
        }
    }

    /// The status of the driver, the stack or the system, if the call reached it.
    #[must_use]
    pub fn driver_error(&self) -> Option<DriverError> {
        match self {
            Self::Refused { driver_error, .. } | Self::OpenRefused { driver_error, .. } => {
                Some(*driver_error)
            }
            Self::DeviceNotFound { .. } => {
                Some(DriverError::from_status(NtStatus::OBJECT_NAME_NOT_FOUND))
            }
            Self::AccessDenied { .. } => Some(DriverError::from_status(NtStatus::ACCESS_DENIED)),
            _ => None,
        }
    }

    /// The `NTSTATUS`, if it is known.
    #[must_use]
    pub fn status(&self) -> Option<NtStatus> {
        self.driver_error()?.status()
    }

    /// The meaning of the status, if there is one: the same on Windows, where a program may see
    /// only a Win32 error, and elsewhere.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::UnknownInterface(_) => Some(Reason::NotFound),
            other => other.driver_error().map(DriverError::reason),
        }
    }

    /// The call that failed, if the device was open.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        match self {
            Self::Refused { operation, .. }
            | Self::NeedsDriver { operation }
            | Self::Malformed { operation, .. } => Some(*operation),
            _ => None,
        }
    }

    /// The route that the refused call was for, and the rule that it breaks, if it was for one.
    #[must_use]
    pub fn refused_route(&self) -> Option<&RefusedRoute> {
        match self {
            Self::Refused { route, .. } => route.as_deref(),
            _ => None,
        }
    }

    /// The same error, for this route if it is a refusal.
    pub(crate) fn for_route(self, refused: RefusedRoute) -> Self {
        match self {
            Self::Refused {
                operation,
                driver_error,
                ..
            } => Self::Refused {
                operation,
                driver_error,
                route: Some(Box::new(refused)),
            },
            other => other,
        }
    }

    /// True if the route exists already, under any of the statuses for it.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.driver_error().is_some_and(DriverError::is_duplicate)
    }
}

/// What only the driver has, for an operation that it is part of.
const fn of_driver_only(operation: Operation) -> &'static str {
    match operation {
        Operation::Apply => "atomic batches, dry runs, leases, guards or declared sets",
        Operation::GetLeases | Operation::GetInterfaceLeases => "leases or owners",
        Operation::Watch => "guards, and does not say which program made a change",
        Operation::ExplainRoute => "diagnoses",
        Operation::QueryVersion => "driver version",
        Operation::QueryStatistics => "counters",
        Operation::SetInterface => "leased settings of interfaces",
        _ => "such operation",
    }
}

/// The sentence about a refusal: what was wrong, what would be right, and the status.
fn refusal(
    operation: Operation,
    route: Option<&RefusedRoute>,
    driver_error: DriverError,
) -> String {
    let call = operation.description().name;
    let Some(route) = route else {
        return format!("{call} was refused: {driver_error}");
    };
    match route.cause(driver_error.reason()) {
        Some(cause) => format!("{call} was refused for {route}: {cause}; {driver_error}"),
        None => format!("{call} was refused for {route}: {driver_error}"),
    }
}

#[cfg(test)]
mod tests {
    use abi::status::STATUSES;

    use super::*;

    #[test]
    fn an_ntstatus_and_its_win32_error_make_the_same_error() {
        let error = |driver_error| {
            let error = TransportError::Refused(driver_error);
            Error::from_transport(Operation::CreateRoute, error)
        };
        for names in STATUSES {
            let kernel = error(DriverError::from_status(names.status));
            let user = error(DriverError::from_win32(names.win32));
            assert_eq!(kernel.reason(), user.reason(), "{}", names.name);
            assert_eq!(kernel.is_duplicate(), user.is_duplicate(), "{}", names.name);
            assert_eq!(user.operation(), Some(Operation::CreateRoute));
            let only = user.driver_error().unwrap().statuses().count() == 1;
            assert_eq!(user.status().is_some(), only, "{}", names.name);
        }
    }

    #[test]
    fn a_device_that_does_not_open_has_a_reason() {
        let path = PathBuf::from("device");
        let missing = Error::DeviceNotFound { path: path.clone() };
        assert_eq!(missing.reason(), Some(Reason::NotFound));
        let denied = Error::AccessDenied { path };
        assert_eq!(denied.reason(), Some(Reason::AccessDenied));
        let kind = io::ErrorKind::BrokenPipe;
        assert_eq!(Error::HostGone { kind }.reason(), None);
    }
}
