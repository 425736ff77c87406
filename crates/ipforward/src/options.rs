//! How a device is opened.

use std::path::{Path, PathBuf};

use nthost_protocol::DEVICE_VARIABLE;

use crate::device::Device;
use crate::error::Error;
use crate::transport;

/// What a device is opened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// To read: routes, interfaces, tables, diagnoses. Calls that change something are refused.
    ReadOnly,
    /// To read and to change.
    #[default]
    ReadWrite,
}

/// Opens a [`Device`] in other ways than [`Device::open`] does.
///
/// ```no_run
/// use ipforward::{Access, AddressFamily, Device};
///
/// let device = Device::options().access(Access::ReadOnly).open_default()?;
/// println!("{} routes", device.routes(AddressFamily::UNSPECIFIED)?.len());
/// # Ok::<(), ipforward::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "options open nothing by themselves"]
pub struct DeviceOptions {
    access: Access,
}

impl DeviceOptions {
    /// What to open the device for; [`Access::ReadWrite`] if not said.
    pub fn access(self, access: Access) -> Self {
        Self { access }
    }

    /// Opens the device at `path`: the device's name on Windows, the socket of its host elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceNotFound`], [`Error::AccessDenied`], [`Error::OpenRefused`] and
    /// [`Error::Unreachable`] if it does not open; [`Error::VersionMismatch`] if the driver is
    /// built for another version of the contract.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Device, Error> {
        Device::with_transport(transport::open(path.as_ref(), self.access)?)
    }

    /// Opens the device at [`default_path`].
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_default(self) -> Result<Device, Error> {
        self.open(default_path())
    }
}

/// Where the device is if nobody says otherwise: what the environment variable `IPFORWARD_DEVICE`
/// says, else `\\.\IpForward` on Windows and the default socket of nthost elsewhere.
#[must_use]
pub fn default_path() -> PathBuf {
    std::env::var_os(DEVICE_VARIABLE)
        .filter(|path| !path.is_empty())
        .map_or_else(transport::default_path, PathBuf::from)
}
