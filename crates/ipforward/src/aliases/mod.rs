//! Interface aliases.

#[cfg(unix)]
mod host;
#[cfg(windows)]
mod windows;

use std::path::Path;

use abi::Guid;

use crate::error::Error;
use crate::route::Interface;
use crate::transport::default_path;
#[cfg(unix)]
use host::AliasSource;
#[cfg(windows)]
use windows::AliasSource;

/// The aliases of a system's interfaces, such as `Ethernet`. An alias can be changed at any time: to
/// hold a route, name the interface by its LUID.
///
/// ```no_run
/// let aliases = ipforward::Aliases::open_default()?;
/// if let Some(interface) = aliases.interface("Ethernet")? {
///     println!("{interface}");
/// }
/// # Ok::<(), ipforward::Error>(())
/// ```
#[derive(Debug)]
pub struct Aliases(AliasSource);

impl Aliases {
    /// The aliases of the system that has the device at `path`; on Windows, of this system.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceNotFound`], [`Error::AccessDenied`] and [`Error::Unreachable`] if the host
    /// cannot be reached. No error on Windows.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        AliasSource::open(path.as_ref()).map(Self)
    }

    /// The aliases of the system that has the device at [`default_path`].
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_default() -> Result<Self, Error> {
        Self::open(default_path())
    }

    /// The interface with this alias (`ConvertInterfaceAliasToLuid`), by its LUID; `None` if none
    /// has it.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`]. No error on Windows.
    pub fn interface(&self, alias: &str) -> Result<Option<Interface>, Error> {
        Ok(self.0.luid(alias)?.map(Interface::Luid))
    }

    /// The interface of the adapter with this GUID (`ConvertInterfaceGuidToLuid`), by its LUID; `None`
    /// if none has it. The GUID stays the same for as long as the adapter is installed.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`]. No error on Windows.
    pub fn interface_of_guid(&self, guid: Guid) -> Result<Option<Interface>, Error> {
        Ok(self.0.luid_of_guid(guid)?.map(Interface::Luid))
    }

    /// The alias of an interface (`ConvertInterfaceLuidToAlias`); `None` if there is no such
    /// interface, or if its LUID is not known.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`]. No error on Windows.
    pub fn alias(&self, interface: Interface) -> Result<Option<String>, Error> {
        match interface.luid() {
            Some(luid) => self.0.alias(luid),
            None => Ok(None),
        }
    }
}
