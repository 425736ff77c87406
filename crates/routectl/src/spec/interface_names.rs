//! Interfaces by index, LUID or alias.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use ipforward::{Aliases, Error, Interface, default_path};

use super::error::SpecError;
use super::keyword::Keyword;

/// The interfaces of the system that has the device, by their names.
#[derive(Debug, Default)]
pub(crate) struct InterfaceNames {
    /// `None` if there are no aliases.
    device: Option<PathBuf>,
    /// Opened when a name needs it.
    aliases: OnceCell<Result<Aliases, Error>>,
}

impl InterfaceNames {
    /// The names on the system that has this device.
    pub(crate) fn new(device: Option<&Path>) -> Self {
        Self {
            device: Some(device.map_or_else(default_path, Path::to_path_buf)),
            aliases: OnceCell::new(),
        }
    }

    /// The interface with this name, if it exists. Does not check an index or a LUID; the stack does.
    pub(crate) fn interface(&self, name: &str) -> Result<Option<Interface>, Error> {
        if let Ok(interface) = name.parse() {
            return Ok(Some(interface));
        }
        match self.aliases()? {
            Some(aliases) => aliases.interface(name),
            None => Ok(None),
        }
    }

    /// The interface for a value of `dev`.
    pub(crate) fn dev(&self, value: &str) -> Result<Interface, SpecError> {
        let invalid = || SpecError::Value(Keyword::Dev, value.to_owned());
        self.interface(value)?.ok_or_else(invalid)
    }

    /// The alias of an interface, if known.
    pub(crate) fn alias(&self, interface: Interface) -> Option<String> {
        self.aliases().ok()??.alias(interface).ok()?
    }

    fn aliases(&self) -> Result<Option<&Aliases>, Error> {
        let Some(device) = &self.device else {
            return Ok(None);
        };
        let opened = self.aliases.get_or_init(|| Aliases::open(device));
        opened.as_ref().map(Some).map_err(Error::clone)
    }
}
