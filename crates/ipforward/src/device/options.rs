//! Options for opening a device.

use std::path::Path;

use super::Device;
use crate::error::Error;
use crate::transport::{self, Access, default_path};

/// Opens a [`Device`] with other access than [`Device::open`] asks for.
///
/// ```no_run
/// use ipforward::{Access, AddressFamily, Device};
///
/// let device = Device::options().access(Access::ReadOnly).open_default()?;
/// println!("{} routes", device.routes(AddressFamily::UNSPECIFIED)?.len());
/// # Ok::<(), ipforward::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "options do not open a device by themselves"]
pub struct DeviceOptions {
    access: Access,
}

impl DeviceOptions {
    /// The access that the handle gets: [`Access::ReadWrite`] by default.
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
