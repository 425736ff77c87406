//! The status of a refused call.

use std::fmt;

use abi::NtStatus;
use abi::status::STATUSES;

use crate::reason::Reason;

/// The status with which the driver, the network stack or the I/O manager refused a call.
///
/// The kernel returns an `NTSTATUS`; a Windows program may see only the Win32 error for it. Several
/// statuses share one Win32 error, so the `NTSTATUS` is known only if the Win32 error has one.
///
/// ```
/// use ipforward::{DriverError, Reason};
/// use ipforward::abi::NtStatus;
///
/// let error = DriverError::from_win32(1168);
/// assert_eq!(error.status(), Some(NtStatus::NOT_FOUND));
///
/// // Two statuses have the Win32 error ERROR_OBJECT_ALREADY_EXISTS.
/// let error = DriverError::from_win32(5010);
/// assert_eq!(error.status(), None);
/// assert_eq!(error.reason(), Reason::Duplicate);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DriverError {
    status: Option<NtStatus>,
    win32: Option<u32>,
}

impl DriverError {
    /// The error with this status. Its Win32 error is known if the contract lists the status.
    #[must_use]
    pub fn from_status(status: NtStatus) -> Self {
        Self {
            status: Some(status),
            win32: status.names().map(|names| names.win32),
        }
    }

    /// The error that Windows reports as this Win32 error.
    #[must_use]
    pub fn from_win32(win32: u32) -> Self {
        let mut statuses = statuses_of(win32);
        let status = match (statuses.next(), statuses.next()) {
            (Some(status), None) => Some(status),
            _ => None,
        };
        Self {
            status,
            win32: Some(win32),
        }
    }

    /// The error with this status and this Win32 error.
    #[must_use]
    pub const fn from_both(status: NtStatus, win32: u32) -> Self {
        Self {
            status: Some(status),
            win32: Some(win32),
        }
    }

    /// The `NTSTATUS`, if it is known.
    #[must_use]
    pub const fn status(self) -> Option<NtStatus> {
        self.status
    }

    /// The Win32 error, if it is known.
    #[must_use]
    pub const fn win32(self) -> Option<u32> {
        self.win32
    }

    /// The symbolic name of the Win32 error, if the contract lists it.
    #[must_use]
    pub fn win32_name(self) -> Option<&'static str> {
        STATUSES
            .iter()
            .find(|names| Some(names.win32) == self.win32)
            .map(|names| names.win32_name)
    }

    /// The possible statuses: the known one, else all that share the Win32 error.
    pub fn statuses(self) -> impl Iterator<Item = NtStatus> {
        let unknown = self.win32.filter(|_| self.status.is_none());
        self.status
            .into_iter()
            .chain(unknown.into_iter().flat_map(statuses_of))
    }

    /// The meaning: the same for a status and for its Win32 error.
    #[must_use]
    pub fn reason(self) -> Reason {
        self.status
            .into_iter()
            .chain(self.win32.into_iter().flat_map(statuses_of))
            .map(Reason::of)
            .find(|reason| *reason != Reason::Other)
            .unwrap_or(Reason::Other)
    }

    /// True if the route exists already, under any of the statuses for it.
    #[must_use]
    pub fn is_duplicate(self) -> bool {
        self.reason() == Reason::Duplicate
    }
}

impl std::error::Error for DriverError {}

/// The statuses that Windows reports as this Win32 error.
fn statuses_of(win32: u32) -> impl Iterator<Item = NtStatus> {
    STATUSES
        .iter()
        .filter(move |names| names.win32 == win32)
        .map(|names| names.status)
}

impl fmt::Display for DriverError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.win32, self.win32_name()) {
            (Some(status), ..) => status.fmt(formatter),
            (None, Some(win32), Some(name)) => write!(formatter, "Win32 {win32} {name}"),
            (None, Some(win32), None) => write!(formatter, "Win32 {win32}"),
            (None, None, _) => formatter.write_str("no status"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_win32_error_gives_the_status_if_there_is_only_one() {
        for names in STATUSES {
            let driver_error = DriverError::from_win32(names.win32);
            let sharing = STATUSES.iter().filter(|other| other.win32 == names.win32);
            let expected = (sharing.count() == 1).then_some(names.status);
            assert_eq!(driver_error.status(), expected, "{}", names.name);
        }
    }

    #[test]
    fn a_status_and_its_win32_error_mean_the_same() {
        for names in STATUSES {
            let kernel = DriverError::from_status(names.status);
            let user = DriverError::from_win32(names.win32);
            let both = DriverError::from_both(names.status, names.win32);
            assert_eq!(kernel, both, "{}", names.name);
            assert_eq!(kernel.reason(), user.reason(), "{}", names.name);
            assert!(user.statuses().any(|status| status == names.status));
            assert_eq!(kernel.statuses().collect::<Vec<_>>(), [names.status]);
            assert_eq!(kernel.win32_name(), Some(names.win32_name));
            assert_eq!(user.win32_name(), Some(names.win32_name));
        }
    }

    #[test]
    fn every_status_but_unsuccessful_has_a_reason() {
        for names in STATUSES {
            let vague = matches!(names.status, NtStatus::SUCCESS | NtStatus::UNSUCCESSFUL);
            let other = DriverError::from_status(names.status).reason() == Reason::Other;
            assert_eq!(other, vague, "{}", names.name);
        }
    }

    #[test]
    fn an_unlisted_status_has_the_reason_of_its_win32_error() {
        let no_such_file = DriverError::from_both(NtStatus::new(0xC000_000F), 2);
        assert_eq!(no_such_file.reason(), Reason::NotFound);
        let strange = DriverError::from_both(NtStatus::new(0xC000_9999), 317);
        assert_eq!(strange.reason(), Reason::Other);
    }

    #[test]
    fn an_unknown_number_is_printed() {
        assert_eq!(DriverError::from_win32(1617).to_string(), "Win32 1617");
        let strange = DriverError::from_status(NtStatus::new(0xC000_9999));
        assert_eq!(strange.to_string(), "NTSTATUS 0xC0009999");
        assert_eq!(strange.win32(), None);
    }

    #[test]
    fn a_shared_win32_error_keeps_its_name() {
        assert_eq!(
            DriverError::from_win32(5010).to_string(),
            "Win32 5010 ERROR_OBJECT_ALREADY_EXISTS"
        );
    }

    #[cfg(windows)]
    #[test]
    fn windows_translates_every_status_as_the_contract_does() {
        use windows_sys::Win32::Foundation::RtlNtStatusToDosError;

        for names in STATUSES {
            // SAFETY: it looks a number up.
            let win32 = unsafe { RtlNtStatusToDosError(names.status.0) };
            assert_eq!(win32, names.win32, "{}", names.name);
        }
    }
}
