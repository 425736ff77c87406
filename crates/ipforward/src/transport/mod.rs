//! The way to the driver: one raw call, and closing on drop.

#[cfg(unix)]
mod connection;
#[cfg(unix)]
mod socket;
#[cfg(windows)]
mod windows;

use std::io;

use abi::ControlCode;

use crate::driver_error::DriverError;
use crate::error::Malformed;

#[cfg(unix)]
pub(crate) use connection::{Connection, Reply};
#[cfg(unix)]
pub(crate) use socket::{connect, default_path, open};
#[cfg(windows)]
pub(crate) use windows::{default_path, open};

/// An open handle to the device. Dropping it closes the handle.
///
/// Several calls can be in flight at once, from several threads.
pub trait Transport: Send + Sync {
    /// `DeviceIoControl`: sends `input` and fills the front of `output`. Returns the length of
    /// the answer in bytes, at most that of `output`.
    ///
    /// # Errors
    ///
    /// A [`Failure`]; the content of `output` means nothing then.
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, Failure>;

    /// Cancels the calls with this code that are in flight on this handle. They end by themselves,
    /// soon; some may succeed. By default nothing is cancelled.
    fn cancel(&self, code: ControlCode) {
        let _ = code;
    }
}

impl Transport for Box<dyn Transport> {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, Failure> {
        (**self).device_control(code, input, output)
    }

    fn cancel(&self, code: ControlCode) {
        (**self).cancel(code);
    }
}

/// Why a raw call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It was refused.
    #[error("refused: {0}")]
    Refused(DriverError),
    /// The host of the driver went away; whether the call was done is not known.
    #[error("the driver's host is gone ({0})")]
    Gone(io::ErrorKind),
    /// A buffer is larger than the system passes on.
    #[error("{length} bytes are too many for one call")]
    TooLarge {
        /// The length of the buffer, in bytes.
        length: usize,
    },
    /// The answer is not one.
    #[error("answered wrongly: {0}")]
    Malformed(Malformed),
}

/// The length of a buffer as the system takes it.
fn checked_length(buffer: &[u8], limit: u32) -> Result<u32, Failure> {
    u32::try_from(buffer.len())
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(Failure::TooLarge {
            length: buffer.len(),
        })
}
