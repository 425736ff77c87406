//! The connection to the driver: one raw call, and closing the handle on drop.

#[cfg(unix)]
mod connection;
#[cfg(any(windows, test))]
mod ip_helper;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod socket;
#[cfg(windows)]
mod windows;

use std::path::PathBuf;

use abi::{ControlCode, Guid};

use crate::error::TransportError;
#[cfg(unix)]
use socket::system_path;
#[cfg(windows)]
use windows::system_path;

#[cfg(unix)]
pub(crate) use connection::HostConnection;
#[cfg(windows)]
pub(crate) use ip_helper::IpHelperApi;
#[cfg(any(windows, test))]
pub(crate) use ip_helper::{IpHelper, RouteApi};
#[cfg(unix)]
pub(crate) use socket::{connect, open};
#[cfg(windows)]
pub(crate) use windows::{alias_of_luid, luid_of_alias, luid_of_guid, open};

/// The environment variable that names the device, or the host's socket, to use.
const DEVICE_VARIABLE: &str = "IPFORWARD_DEVICE";

/// The access that a device is opened with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Reads routes, interfaces, tables and diagnoses. Calls that change something are refused.
    ReadOnly,
    /// Reads and changes.
    #[default]
    ReadWrite,
}

/// The path of the device if the caller gives none: the value of the environment variable
/// `IPFORWARD_DEVICE`, else the device interface on Windows (`\\.\IpForward` if there is none), and the
/// default socket of nthost elsewhere.
#[must_use]
pub fn default_path() -> PathBuf {
    std::env::var_os(DEVICE_VARIABLE)
        .filter(|path| !path.is_empty())
        .map_or_else(system_path, PathBuf::from)
}

/// An open handle to the device. Dropping it closes the handle.
///
/// Several calls can be in flight at once, from several threads.
pub trait Transport: Send + Sync {
    /// `DeviceIoControl`: sends `input` and writes the answer to the start of `output`. Returns the
    /// length of the answer in bytes.
    ///
    /// # Errors
    ///
    /// A [`TransportError`]; then the content of `output` is undefined.
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError>;

    /// Cancels the calls with this code that are in flight on this handle. Each ends soon; some may
    /// still succeed. The default implementation cancels nothing.
    fn cancel(&self, code: ControlCode) {
        let _ = code;
    }

    /// The LUID of the interface with this alias (`ConvertInterfaceAliasToLuid`) on the system that
    /// has the device; `None` if there is none. The default implementation knows no interface.
    ///
    /// # Errors
    ///
    /// [`TransportError::Gone`].
    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        let _ = alias;
        Ok(None)
    }

    /// The LUID of the interface whose adapter has this GUID (`ConvertInterfaceGuidToLuid`); as
    /// [`luid_of_alias`](Self::luid_of_alias).
    ///
    /// # Errors
    ///
    /// [`TransportError::Gone`].
    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        let _ = guid;
        Ok(None)
    }

    /// The alias of the interface with this LUID (`ConvertInterfaceLuidToAlias`); as
    /// [`luid_of_alias`](Self::luid_of_alias).
    ///
    /// # Errors
    ///
    /// [`TransportError::Gone`].
    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        let _ = luid;
        Ok(None)
    }
}

impl Transport for Box<dyn Transport> {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        (**self).device_control(code, input, output)
    }

    fn cancel(&self, code: ControlCode) {
        (**self).cancel(code);
    }

    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        (**self).luid_of_alias(alias)
    }

    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        (**self).luid_of_guid(guid)
    }

    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        (**self).alias_of_luid(luid)
    }
}

/// The length of a buffer, if the system accepts it.
fn checked_length(buffer: &[u8], limit: u32) -> Result<u32, TransportError> {
    u32::try_from(buffer.len())
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(TransportError::TooLarge {
            length: buffer.len(),
        })
}
