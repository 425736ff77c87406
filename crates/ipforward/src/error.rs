//! Why a call failed.

use std::io;
use std::path::PathBuf;

use abi::{NtStatus, Operation};

use crate::driver_error::DriverError;
use crate::reason::Reason;
use crate::route::InvalidRow;
use crate::transport::Failure;

/// Why a call failed, as a cause; a program that talks to people makes the words.
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
    #[error("access to {} is denied: {}", path.display(), NtStatus::ACCESS_DENIED)]
    AccessDenied {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
    },
    /// The device is there and refuses to be opened.
    #[error("{} does not open: {driver_error}", path.display())]
    OpenRefused {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
        /// The answer.
        driver_error: DriverError,
    },
    /// The device's path cannot be used at all.
    #[error("{} cannot be reached: {kind}", path.display())]
    Unreachable {
        /// The path of the device, or of the host's socket.
        path: PathBuf,
        /// What the system says of it.
        kind: io::ErrorKind,
    },
    /// Driver and client are built for different versions of the contract.
    #[error("the driver speaks version {driver} of the contract, this client version {client}")]
    VersionMismatch {
        /// The driver's version.
        driver: u32,
        /// The version that this client is built for.
        client: u32,
    },
    /// The driver, or the network stack below it, refused the call.
    #[error("{} was refused: {driver_error}", operation.description().name)]
    Refused {
        /// The call.
        operation: Operation,
        /// The answer.
        driver_error: DriverError,
    },
    /// The host of the driver went away; whether the call was done is not known.
    #[error("the driver's host is gone ({kind})")]
    HostGone {
        /// How that was noticed.
        kind: io::ErrorKind,
    },
    /// The call's buffers are larger than the system passes on.
    #[error("{length} bytes are too many for one call")]
    TooLarge {
        /// Length of the larger buffer, in bytes.
        length: usize,
    },
    /// A batch has more entries than one call takes. Nothing was sent.
    #[error("{count} entries are more than the {max} of one batch")]
    TooManyEntries {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: u32,
    },
    /// The device is watched already, which it can be once at a time.
    #[error("the device is watched already")]
    WatchedAlready,
    /// The system has no thread for a watch.
    #[error("no thread can be started: {kind}")]
    NoThread {
        /// What the system says of it.
        kind: io::ErrorKind,
    },
    /// The call succeeded with an answer that breaks the contract.
    #[error("{} was answered wrongly: {cause}", operation.description().name)]
    Malformed {
        /// The call.
        operation: Operation,
        /// What is wrong with the answer.
        cause: Malformed,
    },
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not as long as it must be.
    #[error("{actual} bytes instead of {expected}")]
    Length {
        /// The length that the contract gives, in bytes.
        expected: usize,
        /// The length that came, in bytes.
        actual: usize,
    },
    /// A table has more rows than it says, or does not end.
    #[error("more than the {total} rows that the table has")]
    Endless {
        /// Rows in the table, as its header says.
        total: u32,
    },
    /// An event is of no kind that this client knows.
    #[error("an event of kind {0}")]
    EventKind(u32),
    /// A guard is in no state that this client knows.
    #[error("a guard in state {0}")]
    GuardState(u32),
    /// A row describes no route.
    #[error(transparent)]
    Row(#[from] InvalidRow),
}

impl Error {
    /// The error of `operation` that the transport reports as `failure`.
    #[must_use]
    pub fn from_failure(operation: Operation, failure: Failure) -> Self {
        match failure {
            Failure::Refused(driver_error) => Self::Refused {
                operation,
                driver_error,
            },
            Failure::Gone(kind) => Self::HostGone { kind },
            Failure::TooLarge { length } => Self::TooLarge { length },
            Failure::Malformed(cause) => Self::Malformed { operation, cause },
        }
    }

    /// The answer of the driver, the stack or the system, if there was one.
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

    /// The `NTSTATUS` of the answer, if there was one and it is known.
    #[must_use]
    pub fn status(&self) -> Option<NtStatus> {
        self.driver_error()?.status()
    }

    /// What the answer means, if there was one: the same on Windows, where a program may get to
    /// see a Win32 error only, and elsewhere.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.driver_error().map(DriverError::reason)
    }

    /// The call that failed, if the device was open.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        match self {
            Self::Refused { operation, .. } | Self::Malformed { operation, .. } => Some(*operation),
            _ => None,
        }
    }

    /// Whether the route exists already, under any of the statuses for it.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.driver_error().is_some_and(DriverError::is_duplicate)
    }
}

#[cfg(test)]
mod tests {
    use abi::status::STATUSES;

    use super::*;

    #[test]
    fn a_refused_call_is_the_same_error_from_the_kernels_name_and_from_windows_own() {
        let error = |driver_error| {
            let failure = Failure::Refused(driver_error);
            Error::from_failure(Operation::CreateRoute, failure)
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
