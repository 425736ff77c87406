//! The interfaces of the system that has the device: by index, LUID, GUID or alias, and by the link of
//! a next hop.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use ipforward::abi::Guid;
use ipforward::{
    Access, AddressFamily, Aliases, Device, Error, Interface, IpInterface, NextHop, Route,
    UnknownInterface, default_path,
};

use super::error::SpecError;
use super::links::{Link, link_of};
use super::no_interface::NoInterface;

/// The interfaces of the system that has the device, by their names and by their links.
#[derive(Debug, Default)]
pub(crate) struct InterfaceNames {
    /// `None` if there are no aliases.
    device: Option<PathBuf>,
    /// Opened when a name needs it.
    aliases: OnceCell<Result<Aliases, Error>>,
    /// Read when a next hop or an unknown name needs them.
    tables: OnceCell<Result<Tables, Error>>,
}

/// The tables of the system.
#[derive(Debug)]
struct Tables {
    interfaces: Vec<IpInterface>,
    routes: Vec<Route>,
}

impl InterfaceNames {
    /// The names on the system that has this device.
    pub(crate) fn new(device: Option<&Path>) -> Self {
        Self {
            device: Some(device.map_or_else(default_path, Path::to_path_buf)),
            ..Self::default()
        }
    }

    /// The interface with this name, if it exists. Does not check an index or a LUID; the stack does.
    pub(crate) fn interface(&self, name: &str) -> Result<Option<Interface>, Error> {
        let name = match name.parse() {
            Ok(Interface::Alias(alias)) => alias.as_str(),
            Ok(interface) => return Ok(Some(interface)),
            Err(_) => name,
        };
        let Some(aliases) = self.aliases()? else {
            return Ok(None);
        };
        match name.parse::<Guid>() {
            Ok(guid) => aliases.interface_of_guid(guid),
            Err(_) => aliases.interface(name),
        }
    }

    /// The interface for a value of `dev`. The error lists the names that are like it.
    pub(crate) fn dev(&self, value: &str) -> Result<Interface, SpecError> {
        self.interface(value)?
            .ok_or_else(|| SpecError::NoInterface(self.unknown(value)))
    }

    /// The interface on whose link the next hop of a route without `dev` is.
    pub(super) fn dev_of(&self, next_hop: NextHop) -> Result<Interface, SpecError> {
        let NextHop::Gateway { address, scope_id } = next_hop else {
            return Err(SpecError::DevMissing);
        };
        if scope_id != 0 {
            return Ok(Interface::Index(scope_id));
        }
        let link = match self.tables()? {
            Some(tables) => link_of(address, &tables.routes),
            None => Link::None,
        };
        match link {
            Link::One(interface) => Ok(interface),
            Link::None => Err(SpecError::NoLink { next_hop }),
            Link::Several(interfaces) => Err(SpecError::SeveralLinks {
                next_hop,
                candidates: interfaces
                    .into_iter()
                    .map(|interface| self.as_argument(interface))
                    .collect(),
            }),
        }
    }

    /// The error for a name that no interface has.
    pub(crate) fn unknown(&self, name: &str) -> NoInterface {
        // Without the tables, the error lists no names.
        let interfaces = self.tables().ok().flatten();
        let interfaces = interfaces.map_or(&[][..], |tables| &tables.interfaces);
        let mut aliases: Vec<_> = interfaces
            .iter()
            .filter_map(|row| self.alias(row.interface))
            .collect();
        aliases.sort_unstable();
        aliases.dedup();
        NoInterface(UnknownInterface::new(name, &aliases))
    }

    /// All interfaces, each once; none if they cannot be read.
    pub(crate) fn all(&self) -> Vec<Interface> {
        let tables = self.tables().ok().flatten();
        let rows = tables.map_or(&[][..], |tables| &tables.interfaces);
        let mut all = Vec::<Interface>::new();
        for row in rows {
            if !all.iter().any(|known| known.is_same(row.interface)) {
                all.push(row.interface);
            }
        }
        all
    }

    /// The alias of an interface, if known.
    pub(crate) fn alias(&self, interface: Interface) -> Option<String> {
        self.aliases().ok()??.alias(interface).ok()?
    }

    /// An interface as arguments, with its alias for the reader.
    fn as_argument(&self, interface: Interface) -> String {
        match self.alias(interface) {
            Some(alias) => format!("`dev {interface}` ({alias})"),
            None => format!("`dev {interface}`"),
        }
    }

    fn aliases(&self) -> Result<Option<&Aliases>, Error> {
        let Some(device) = &self.device else {
            return Ok(None);
        };
        let opened = self.aliases.get_or_init(|| Aliases::open(device));
        opened.as_ref().map(Some).map_err(Error::clone)
    }

    fn tables(&self) -> Result<Option<&Tables>, Error> {
        let Some(device) = &self.device else {
            return Ok(None);
        };
        let read = self.tables.get_or_init(|| Tables::read(device));
        read.as_ref().map(Some).map_err(Error::clone)
    }
}

impl Tables {
    fn read(path: &Path) -> Result<Self, Error> {
        let device = Device::options().access(Access::ReadOnly).open(path)?;
        Ok(Self {
            interfaces: device.interfaces(AddressFamily::UNSPECIFIED)?,
            routes: device.routes(AddressFamily::UNSPECIFIED)?,
        })
    }
}
