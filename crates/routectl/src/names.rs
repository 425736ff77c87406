//! What interfaces are called: by an index, by a LUID, or by the alias that people know.

use std::cell::OnceCell;
use std::path::PathBuf;

use ipforward::{Aliases, Error, Interface, default_path};

use crate::arguments::Arguments;
use crate::words::{Word, WordsError};

/// The interfaces of the machine that has the device, by their names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// `None` if aliases mean nothing.
    device: Option<PathBuf>,
    /// Looked for when a name asks for it.
    aliases: OnceCell<Result<Aliases, Error>>,
}

impl Names {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let device = arguments.device.clone();
        Self {
            device: Some(device.unwrap_or_else(default_path)),
            aliases: OnceCell::new(),
        }
    }

    /// The interface that a name means, if there is one. That an index or a LUID is one of this
    /// machine is for the stack to say.
    pub(crate) fn interface(&self, name: &str) -> Result<Option<Interface>, Error> {
        if let Ok(interface) = name.parse() {
            return Ok(Some(interface));
        }
        match self.aliases()? {
            Some(aliases) => aliases.interface(name),
            None => Ok(None),
        }
    }

    /// The interface that the value of `dev` means.
    pub(crate) fn dev(&self, value: &str) -> Result<Interface, WordsError> {
        let wrong = || WordsError::Value(Word::Dev, value.to_owned());
        self.interface(value)?.ok_or_else(wrong)
    }

    /// What people call an interface, if that is known.
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
