//! Errors of one raw call.

use std::io;

use super::Malformed;
use crate::driver_error::DriverError;

/// Why a raw call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The driver, the network stack or the I/O manager refused it.
    #[error("refused: {0}")]
    Refused(#[source] DriverError),
    /// The host of the driver went away; the call may or may not have been executed.
    #[error("lost the connection to the driver's host ({0})")]
    Gone(io::ErrorKind),
    /// A buffer is larger than the system accepts.
    #[error("buffer of {length} bytes is too large for one call")]
    TooLarge {
        /// The length of the buffer, in bytes.
        length: usize,
    },
    /// The IP Helper API has no such operation.
    #[error("the operation needs the IpForward driver")]
    NeedsDriver,
    /// The answer breaks the contract.
    #[error("malformed answer: {0}")]
    Malformed(#[source] Malformed),
}
