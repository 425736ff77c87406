//! Why a call of a route function failed.

use std::fmt;

use ipforward::abi::NtStatus;
use ipforward::{DriverError, Error};

/// Why a call of a route function failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The network stack refused it.
    Refused(DriverError),
    /// This system does not have the function.
    NotImplemented(String),
    /// It did not reach the network stack.
    Failed(String),
}

impl CallError {
    /// The refusal with this status.
    #[must_use]
    pub fn of_status(status: NtStatus) -> Self {
        Self::Refused(DriverError::from_status(status))
    }

    /// True if the status of the refusal may be this one: a Win32 error can stand for several.
    #[must_use]
    pub fn may_be(&self, status: NtStatus) -> bool {
        match self {
            Self::Refused(error) => error.statuses().any(|known| known == status),
            Self::NotImplemented(_) | Self::Failed(_) => false,
        }
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { driver_error, .. } => Self::Refused(driver_error),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(formatter),
            Self::NotImplemented(function) => write!(formatter, "{function} is not implemented"),
            Self::Failed(message) => formatter.write_str(message),
        }
    }
}
