//! What the system answers when it refuses.

use std::fmt;

use abi::NtStatus;
use abi::status::STATUSES;

use crate::reason::Reason;

/// The answer of the driver, the network stack or the I/O manager to a call that failed.
///
/// The kernel says an `NTSTATUS`; a Windows program may get to see its Win32 twin only. Several
/// statuses share one twin, so a status is known only where it is the only one it can be.
///
/// ```
/// use ipforward::{Reason, DriverError};
/// use ipforward::abi::NtStatus;
///
/// let refusal = DriverError::from_win32(1168);
/// assert_eq!(refusal.status(), Some(NtStatus::NOT_FOUND));
///
/// // Two statuses mean ERROR_OBJECT_ALREADY_EXISTS.
/// let refusal = DriverError::from_win32(5010);
/// assert_eq!(refusal.status(), None);
/// assert_eq!(refusal.reason(), Reason::Duplicate);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DriverError {
    status: Option<NtStatus>,
    win32: Option<u32>,
}

impl DriverError {
    /// The refusal with this status. Its Win32 twin is known if the contract lists the status.
    #[must_use]
    pub fn from_status(status: NtStatus) -> Self {
        Self {
            status: Some(status),
            win32: status.names().map(|names| names.win32),
        }
    }

    /// The refusal that Windows reports as this Win32 error.
    #[must_use]
    pub fn from_win32(win32: u32) -> Self {
        let mut twins = twins(win32);
        let status = match (twins.next(), twins.next()) {
            (Some(status), None) => Some(status),
            _ => None,
        };
        Self {
            status,
            win32: Some(win32),
        }
    }

    /// The refusal of which both names are known.
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

    /// The statuses that it can be: the one that is known, else all that share the Win32 error.
    pub fn statuses(self) -> impl Iterator<Item = NtStatus> {
        let unknown = self.win32.filter(|_| self.status.is_none());
        self.status
            .into_iter()
            .chain(unknown.into_iter().flat_map(twins))
    }

    /// What it means. The same for a status and for the Win32 error that stands for it.
    #[must_use]
    pub fn reason(self) -> Reason {
        self.status
            .into_iter()
            .chain(self.win32.into_iter().flat_map(twins))
            .map(Reason::of)
            .find(|reason| *reason != Reason::Other)
            .unwrap_or(Reason::Other)
    }

    /// Whether the refusal says that the route exists already, under any of its names.
    #[must_use]
    pub fn is_duplicate(self) -> bool {
        self.reason() == Reason::Duplicate
    }
}

/// The statuses that a Windows program gets to see as this Win32 error.
fn twins(win32: u32) -> impl Iterator<Item = NtStatus> {
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
    fn every_status_of_the_contract_is_found_again_or_shares_its_win32_error() {
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
    fn every_refusal_of_the_contract_but_the_vague_one_has_a_reason() {
        for names in STATUSES {
            let vague = matches!(names.status, NtStatus::SUCCESS | NtStatus::UNSUCCESSFUL);
            let other = DriverError::from_status(names.status).reason() == Reason::Other;
            assert_eq!(other, vague, "{}", names.name);
        }
    }

    #[test]
    fn a_status_that_is_not_listed_means_what_its_win32_error_means() {
        let no_such_file = DriverError::from_both(NtStatus::new(0xC000_000F), 2);
        assert_eq!(no_such_file.reason(), Reason::NotFound);
        let strange = DriverError::from_both(NtStatus::new(0xC000_9999), 317);
        assert_eq!(strange.reason(), Reason::Other);
    }

    #[test]
    fn an_unknown_number_is_shown_as_it_is() {
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
    fn windows_translates_every_status_as_the_contract_says() {
        use windows_sys::Win32::Foundation::RtlNtStatusToDosError;

        for names in STATUSES {
            // SAFETY: it looks a number up.
            let win32 = unsafe { RtlNtStatusToDosError(names.status.0) };
            assert_eq!(win32, names.win32, "{}", names.name);
        }
    }
}
