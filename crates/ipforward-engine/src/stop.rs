//! Requests that have to end before they are done.

use abi::NtStatus;

/// Why a request has to end before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Its caller has cancelled it.
    Cancelled,
    /// The thread that made it is being terminated, perhaps with its process. Windows cancels the
    /// requests of such a thread only after the thread has left the driver.
    ThreadTerminating,
}

/// Asks whether a request has to end now.
pub type StopCheck<'a> = &'a dyn Fn() -> Option<StopReason>;

impl StopReason {
    /// The status of a request that has changed nothing. It is the same for both reasons, because
    /// it is the status with which Windows ends the other requests of a terminating thread.
    pub(crate) const fn status(self) -> NtStatus {
        match self {
            Self::Cancelled | Self::ThreadTerminating => NtStatus::CANCELLED,
        }
    }
}
