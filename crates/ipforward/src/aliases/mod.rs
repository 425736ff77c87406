//! What people call interfaces.

#[cfg(unix)]
mod host;
#[cfg(windows)]
mod windows;

use std::path::Path;

use crate::error::Error;
use crate::options::default_path;
use crate::route::Interface;
#[cfg(unix)]
use host::System;
#[cfg(windows)]
use windows::System;

/// The aliases of a machine's interfaces (`Ethernet`), which people know them by. Who holds routes
/// had better name interfaces by their LUIDs: an alias can be changed at any time.
///
/// ```no_run
/// let aliases = ipforward::Aliases::open_default()?;
/// if let Some(interface) = aliases.interface("Ethernet")? {
///     println!("{interface}");
/// }
/// # Ok::<(), ipforward::Error>(())
/// ```
#[derive(Debug)]
pub struct Aliases(System);

impl Aliases {
    /// Those of the machine that has the device at `path`; of this one, on Windows.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceNotFound`], [`Error::AccessDenied`] and [`Error::Unreachable`] if the host
    /// cannot be reached. None on Windows.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        System::open(path.as_ref()).map(Self)
    }

    /// Those of the machine that has the device at [`default_path`].
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
    /// [`Error::HostGone`]. None on Windows.
    pub fn interface(&self, alias: &str) -> Result<Option<Interface>, Error> {
        Ok(self.0.luid(alias)?.map(Interface::Luid))
    }

    /// The alias of an interface (`ConvertInterfaceLuidToAlias`); `None` if there is no such
    /// interface, or if its LUID is not known.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`]. None on Windows.
    pub fn alias(&self, interface: Interface) -> Result<Option<String>, Error> {
        match interface.luid() {
            Some(luid) => self.0.alias(luid),
            None => Ok(None),
        }
    }
}
