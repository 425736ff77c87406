//! What a refusal means.

use abi::NtStatus;

/// What a refusal means, whichever of its names the system says: the same from an `NTSTATUS` and
/// from the Win32 error that stands for it in user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A member of the row, or an argument, is malformed.
    InvalidParameter,
    /// No such route, interface or device.
    NotFound,
    /// The route is there already.
    Duplicate,
    /// The family has no stack here, or the interface carries no routes.
    NotSupported,
    /// No route leads there.
    Unreachable,
    /// The caller or its handle lacks the access that the call needs.
    AccessDenied,
    /// No memory, or no other resources.
    OutOfMemory,
    /// The handle, or all of them together, has as much as it may have.
    Quota,
    /// The route is other than was expected of it.
    Changed,
    /// Another handle holds the route and does not share it.
    Held,
    /// The driver does not know the call.
    UnknownCall,
    /// Driver and caller disagree about the buffers of the call.
    Buffers,
    /// The table snapshot that was being read has been replaced.
    OutOfSequence,
    /// The call was cancelled, or is not done yet.
    NotDone,
    /// The device, or the handle to it, cannot serve calls now.
    BadState,
    /// Another one; the status says more, if it is known.
    Other,
}

impl Reason {
    /// What a status means. [`Other`](Self::Other) if it is none that the contract lists.
    #[must_use]
    pub const fn of(status: NtStatus) -> Self {
        match status {
            NtStatus::INVALID_PARAMETER => Self::InvalidParameter,
            NtStatus::NOT_FOUND | NtStatus::OBJECT_NAME_NOT_FOUND => Self::NotFound,
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
