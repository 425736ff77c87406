//! `NTSTATUS` values, with their names and the Win32 errors that they become.

use core::fmt;

use crate::status_names::OTHER_NAMES;

/// An `NTSTATUS`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
#[must_use = "an unchecked status hides a failure"]
pub struct NtStatus(pub i32);

/// The two names of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusNames {
    /// The status.
    pub status: NtStatus,
    /// Its symbolic name, as in `ntstatus.h`.
    pub name: &'static str,
    /// The Win32 error that `RtlNtStatusToDosError` makes of it.
    pub win32: u32,
    /// That error's symbolic name, as in `winerror.h`.
    pub win32_name: &'static str,
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $short:ident = $value:literal, $name:literal, $win32:literal, $win32_name:literal;)*) => {
        impl NtStatus {
            $($(#[$doc])* pub const $short: Self = Self::new($value);)*
        }

        /// Every status that the driver or the network stack is known to return.
        pub const STATUSES: &[StatusNames] = &[
            $(StatusNames {
                status: NtStatus::$short,
                name: $name,
                win32: $win32,
                win32_name: $win32_name,
            },)*
        ];
    };
}

statuses! {
    /// The call succeeded.
    SUCCESS = 0x0000_0000, "STATUS_SUCCESS", 0, "ERROR_SUCCESS";
    /// The request is pending; the driver completes it later.
    PENDING = 0x0000_0103, "STATUS_PENDING", 997, "ERROR_IO_PENDING";
    /// The driver failed for a reason without a status of its own.
    UNSUCCESSFUL = 0xC000_0001, "STATUS_UNSUCCESSFUL", 31, "ERROR_GEN_FAILURE";
    /// The handle is not open.
    INVALID_HANDLE = 0xC000_0008, "STATUS_INVALID_HANDLE", 6, "ERROR_INVALID_HANDLE";
    /// The network stack found a member or an argument malformed.
    INVALID_PARAMETER = 0xC000_000D, "STATUS_INVALID_PARAMETER", 87, "ERROR_INVALID_PARAMETER";
    /// No operation has this control code.
    INVALID_DEVICE_REQUEST = 0xC000_0010, "STATUS_INVALID_DEVICE_REQUEST", 1, "ERROR_INVALID_FUNCTION";
    /// The system has no memory for the call.
    NO_MEMORY = 0xC000_0017, "STATUS_NO_MEMORY", 8, "ERROR_NOT_ENOUGH_MEMORY";
    /// The caller or its handle lacks the access that the call needs.
    ACCESS_DENIED = 0xC000_0022, "STATUS_ACCESS_DENIED", 5, "ERROR_ACCESS_DENIED";
    /// The output buffer is smaller than the answer.
    BUFFER_TOO_SMALL = 0xC000_0023, "STATUS_BUFFER_TOO_SMALL", 122, "ERROR_INSUFFICIENT_BUFFER";
    /// The name is malformed, or names nothing that can be opened.
    OBJECT_NAME_INVALID = 0xC000_0033, "STATUS_OBJECT_NAME_INVALID", 123, "ERROR_INVALID_NAME";
    /// No device or object has this name.
    OBJECT_NAME_NOT_FOUND = 0xC000_0034, "STATUS_OBJECT_NAME_NOT_FOUND", 2, "ERROR_FILE_NOT_FOUND";
    /// Another object has this name.
    OBJECT_NAME_COLLISION = 0xC000_0035, "STATUS_OBJECT_NAME_COLLISION", 183, "ERROR_ALREADY_EXISTS";
    /// Another handle leases the route, and one of the two leases is not shared.
    SHARING_VIOLATION = 0xC000_0043, "STATUS_SHARING_VIOLATION", 32, "ERROR_SHARING_VIOLATION";
    /// The handle has its largest number of leases.
    QUOTA_EXCEEDED = 0xC000_0044, "STATUS_QUOTA_EXCEEDED", 1816, "ERROR_NOT_ENOUGH_QUOTA";
    /// The route does not equal the row that the caller expected.
    REVISION_MISMATCH = 0xC000_0059, "STATUS_REVISION_MISMATCH", 1306, "ERROR_REVISION_MISMATCH";
    /// The system has no resources for the call.
    INSUFFICIENT_RESOURCES = 0xC000_009A, "STATUS_INSUFFICIENT_RESOURCES", 1450, "ERROR_NO_SYSTEM_RESOURCES";
    /// The address family has no stack here, or the interface carries no routes.
    NOT_SUPPORTED = 0xC000_00BB, "STATUS_NOT_SUPPORTED", 50, "ERROR_NOT_SUPPORTED";
    /// Reserved bytes are not zero.
    INVALID_USER_BUFFER = 0xC000_00E8, "STATUS_INVALID_USER_BUFFER", 1784, "ERROR_INVALID_USER_BUFFER";
    /// The request was cancelled before it was completed.
    CANCELLED = 0xC000_0120, "STATUS_CANCELLED", 995, "ERROR_OPERATION_ABORTED";
    /// The driver cannot serve the request at this IRQL or in this state.
    INVALID_DEVICE_STATE = 0xC000_0184, "STATUS_INVALID_DEVICE_STATE", 22, "ERROR_BAD_COMMAND";
    /// The input is longer or shorter than the operation's structure.
    INVALID_BUFFER_SIZE = 0xC000_0206, "STATUS_INVALID_BUFFER_SIZE", 1784, "ERROR_INVALID_USER_BUFFER";
    /// No such route, interface or table content.
    NOT_FOUND = 0xC000_0225, "STATUS_NOT_FOUND", 1168, "ERROR_NOT_FOUND";
    /// A route with the same prefix, next hop and interface exists.
    DUPLICATE_OBJECTID = 0xC000_022A, "STATUS_DUPLICATE_OBJECTID", 5010, "ERROR_OBJECT_ALREADY_EXISTS";
    /// The other status that becomes `ERROR_OBJECT_ALREADY_EXISTS`.
    OBJECTID_EXISTS = 0xC000_022B, "STATUS_OBJECTID_EXISTS", 5010, "ERROR_OBJECT_ALREADY_EXISTS";
    /// No route leads to the destination.
    NETWORK_UNREACHABLE = 0xC000_023C, "STATUS_NETWORK_UNREACHABLE", 1231, "ERROR_NETWORK_UNREACHABLE";
    /// The host cannot be reached.
    HOST_UNREACHABLE = 0xC000_023D, "STATUS_HOST_UNREACHABLE", 1232, "ERROR_HOST_UNREACHABLE";
    /// The snapshot of the cursor was replaced by a newer one.
    REQUEST_OUT_OF_SEQUENCE = 0xC000_042A, "STATUS_REQUEST_OUT_OF_SEQUENCE", 776, "ERROR_REQUEST_OUT_OF_SEQUENCE";
}

impl NtStatus {
    /// The status with this 32-bit pattern, as the documentation writes it.
    #[expect(
        clippy::cast_possible_wrap,
        reason = "an NTSTATUS is the signed value of its bits"
    )]
    pub const fn new(bits: u32) -> Self {
        Self(bits as i32)
    }

    /// The 32-bit pattern, as the documentation writes it.
    #[must_use]
    #[expect(
        clippy::cast_sign_loss,
        reason = "the documentation writes the bits unsigned"
    )]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// `NT_SUCCESS`: success and informational statuses.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >= 0
    }

    /// `Ok` for what `NT_SUCCESS` accepts, otherwise the status as the error.
    ///
    /// # Errors
    ///
    /// The status itself, if it is a warning or an error.
    pub const fn into_result(self) -> Result<(), Self> {
        if self.is_success() { Ok(()) } else { Err(self) }
    }

    /// The status's names, if it is one of [`STATUSES`].
    #[must_use]
    pub fn names(self) -> Option<&'static StatusNames> {
        STATUSES.iter().find(|names| names.status == self)
    }

    /// The symbolic name of a status that is not one of [`STATUSES`].
    fn other_name(self) -> Option<&'static str> {
        let place = OTHER_NAMES.binary_search_by_key(&self.bits(), |(bits, _)| *bits);
        OTHER_NAMES.get(place.ok()?).map(|(_, name)| *name)
    }

    /// Whether it means that an object does not exist, under either of the documented statuses.
    #[must_use]
    pub const fn is_absent(self) -> bool {
        matches!(self, Self::NOT_FOUND | Self::OBJECT_NAME_NOT_FOUND)
    }

    /// Whether the same call may succeed later: the status does not say that the route, its
    /// interface or its address family is absent, or that the row is wrong.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        !matches!(
            self,
            Self::NOT_FOUND
                | Self::OBJECT_NAME_NOT_FOUND
                | Self::NOT_SUPPORTED
                | Self::INVALID_PARAMETER
        )
    }

    /// Whether it means that an object exists already, under any of the three known statuses.
    #[must_use]
    pub const fn is_duplicate(self) -> bool {
        matches!(
            self,
            Self::DUPLICATE_OBJECTID | Self::OBJECTID_EXISTS | Self::OBJECT_NAME_COLLISION
        )
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names() {
            Some(names) => {
                write!(
                    formatter,
                    "{} (0x{:08X}, Win32 {} {})",
                    names.name,
                    self.bits(),
                    names.win32,
                    names.win32_name
                )
            }
            None => match self.other_name() {
                Some(name) => write!(formatter, "{name} (0x{:08X})", self.bits()),
                None => write!(formatter, "NTSTATUS 0x{:08X}", self.bits()),
            },
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names() {
            Some(names) => formatter.write_str(names.name),
            None => match self.other_name() {
                Some(name) => formatter.write_str(name),
                None => write!(formatter, "NtStatus(0x{:08X})", self.bits()),
            },
        }
    }
}

impl core::error::Error for NtStatus {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn a_status_displays_both_of_its_names() {
        assert_eq!(
            NtStatus::NOT_FOUND.to_string(),
            "STATUS_NOT_FOUND (0xC0000225, Win32 1168 ERROR_NOT_FOUND)"
        );
        assert_eq!(
            NtStatus::new(0x8000_001A).to_string(),
            "STATUS_NO_MORE_ENTRIES (0x8000001A)"
        );
        assert_eq!(
            NtStatus::new(0xC000_9999).to_string(),
            "NTSTATUS 0xC0009999"
        );
    }

    #[test]
    fn every_status_is_listed_once() {
        for (index, names) in STATUSES.iter().enumerate() {
            let first = STATUSES
                .iter()
                .position(|other| other.status == names.status);
            assert_eq!(first, Some(index), "{}", names.name);
        }
    }

    #[test]
    fn warnings_and_errors_are_failures() {
        assert_eq!(NtStatus::PENDING.into_result(), Ok(()));
        let no_more_entries = NtStatus::new(0x8000_001A);
        assert_eq!(no_more_entries.into_result(), Err(no_more_entries));
    }
}
