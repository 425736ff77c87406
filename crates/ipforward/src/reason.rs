//! The meaning of a status.

use std::fmt;

use abi::NtStatus;

/// The meaning of a status: the same for an `NTSTATUS` and for its Win32 error in user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A member of the row, or an argument, is invalid.
    InvalidParameter,
    /// No such route, interface or device.
    NotFound,
    /// The route exists already.
    Duplicate,
    /// The system has no stack for the family, or the interface carries no routes.
    NotSupported,
    /// No route leads to the address.
    Unreachable,
    /// The caller or its handle lacks the access for the call.
    AccessDenied,
    /// The system has no memory or other resources left.
    OutOfMemory,
    /// The handle, or all handles together, reached a limit.
    Quota,
    /// The route differs from the expected one.
    Changed,
    /// Another handle holds a lease of the route and does not share it.
    Held,
    /// The driver does not support the operation.
    UnknownCall,
    /// The buffers of the call have the wrong length.
    Buffers,
    /// Another snapshot has replaced the one that the caller reads.
    OutOfSequence,
    /// The call was cancelled, or is pending.
    NotDone,
    /// The device or the handle cannot serve calls now.
    BadState,
    /// Another meaning; see the status, if it is known.
    Other,
}

impl Reason {
    /// The meaning of a status; [`Other`](Self::Other) if the contract does not list it.
    #[must_use]
    pub const fn of(status: NtStatus) -> Self {
        match status {
            NtStatus::INVALID_PARAMETER => Self::InvalidParameter,
            NtStatus::NOT_FOUND
            | NtStatus::OBJECT_NAME_NOT_FOUND
            | NtStatus::OBJECT_NAME_INVALID => Self::NotFound,
            NtStatus::DUPLICATE_OBJECTID
            | NtStatus::OBJECTID_EXISTS
            | NtStatus::OBJECT_NAME_COLLISION => Self::Duplicate,
            NtStatus::NOT_SUPPORTED => Self::NotSupported,
            NtStatus::NETWORK_UNREACHABLE | NtStatus::HOST_UNREACHABLE => Self::Unreachable,
            NtStatus::ACCESS_DENIED => Self::AccessDenied,
            NtStatus::NO_MEMORY | NtStatus::INSUFFICIENT_RESOURCES => Self::OutOfMemory,
            NtStatus::QUOTA_EXCEEDED => Self::Quota,
            NtStatus::REVISION_MISMATCH => Self::Changed,
            NtStatus::SHARING_VIOLATION => Self::Held,
            NtStatus::INVALID_DEVICE_REQUEST => Self::UnknownCall,
            NtStatus::BUFFER_TOO_SMALL
            | NtStatus::INVALID_USER_BUFFER
            | NtStatus::INVALID_BUFFER_SIZE => Self::Buffers,
            NtStatus::REQUEST_OUT_OF_SEQUENCE => Self::OutOfSequence,
            NtStatus::CANCELLED | NtStatus::PENDING => Self::NotDone,
            NtStatus::INVALID_DEVICE_STATE | NtStatus::INVALID_HANDLE => Self::BadState,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InvalidParameter => "a member of the route, or an argument, is invalid",
            Self::NotFound => "no such route, interface or device",
            Self::Duplicate => "the route exists already",
            Self::NotSupported => {
                "the system has no stack for the family, or the interface carries no routes"
            }
            Self::Unreachable => "no route leads to the address",
            Self::AccessDenied => "the caller or its handle lacks the access for the call",
            Self::OutOfMemory => "the system has no memory or other resources left",
            Self::Quota => "the handle, or all handles together, reached a limit",
            Self::Changed => "the route differs from the expected one",
            Self::Held => "another handle holds a lease of the route and does not share it",
            Self::UnknownCall => "the driver does not support the operation",
            Self::Buffers => "the buffers of the call have the wrong length",
            Self::OutOfSequence => "another snapshot has replaced the one that the caller reads",
            Self::NotDone => "the call was cancelled, or is pending",
            Self::BadState => "the device or the handle cannot serve calls now",
            Self::Other => "another reason",
        })
    }
}
