//! Finding the interfaces of aliases.

use std::borrow::Cow;
use std::collections::HashMap;

use abi::{AddressFamily, Guid, Operation};

use super::Device;
use crate::batch::Entry;
use crate::error::{Error, TransportError, UnknownInterface};
use crate::route::{Interface, Route, RouteKey};

impl Device {
    /// The interface with this alias in any case, or whose adapter has this GUID (`{…}`), by its
    /// LUID. All calls do this for a route with [`Interface::Alias`], each time: to stay with the
    /// interface when it is renamed, keep the result.
    ///
    /// ```no_run
    /// use ipforward::{Device, Interface, Route};
    ///
    /// let device = Device::open_default()?;
    /// let destination = "10.20.0.0/16".parse()?;
    /// device.create_route(&Route::new(destination, Interface::alias("Ethernet 2")))?;
    /// // The same route:
    /// let route = Route::new(destination, device.interface_named("ethernet 2")?);
    /// println!("{}", device.get_route(&route.key())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownInterface`] with the aliases that are like the name; [`Error::HostGone`] if
    /// the host went away.
    pub fn interface_named(&self, name: &str) -> Result<Interface, Error> {
        let transport = &self.0.transport;
        let luid = match name.parse::<Guid>() {
            Ok(guid) => transport.luid_of_guid(guid),
            Err(_) => transport.luid_of_alias(name),
        };
        match luid.map_err(of_names)? {
            Some(luid) => Ok(Interface::Luid(luid)),
            None => Err(Error::UnknownInterface(UnknownInterface::new(
                name,
                &self.all_aliases(),
            ))),
        }
    }

    /// The aliases of all interfaces; those that cannot be read are left out.
    fn all_aliases(&self) -> Vec<String> {
        let interfaces = self.interfaces(AddressFamily::UNSPECIFIED);
        let luids = interfaces.iter().flatten();
        let luids = luids.filter_map(|row| row.interface.luid());
        let mut aliases: Vec<_> = luids
            .filter_map(|luid| self.0.transport.alias_of_luid(luid).ok().flatten())
            .collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases
    }

    /// An interface that a row can name.
    pub(super) fn resolve(&self, interface: Interface) -> Result<Interface, Error> {
        match interface {
            Interface::Alias(alias) => self.interface_named(alias.as_str()),
            other => Ok(other),
        }
    }

    pub(super) fn resolve_route(&self, route: &Route) -> Result<Route, Error> {
        Ok(Route {
            interface: self.resolve(route.interface)?,
            ..*route
        })
    }

    pub(super) fn resolve_key(&self, key: &RouteKey) -> Result<RouteKey, Error> {
        Ok(RouteKey {
            interface: self.resolve(key.interface)?,
            ..*key
        })
    }

    /// Entries that rows can describe. Looks up each alias once.
    pub(super) fn resolve_entries<'a>(
        &self,
        entries: &'a [Entry],
    ) -> Result<Cow<'a, [Entry]>, Error> {
        if entries.iter().all(|entry| !entry.has_alias()) {
            return Ok(Cow::Borrowed(entries));
        }
        let mut known = HashMap::new();
        let mut resolve = |interface: Interface| {
            let Interface::Alias(alias) = interface else {
                return Ok(interface);
            };
            if let Some(found) = known.get(&alias) {
                return Ok(*found);
            }
            let found = self.interface_named(alias.as_str())?;
            known.insert(alias, found);
            Ok(found)
        };
        entries
            .iter()
            .map(|entry| entry.map_interfaces(&mut resolve))
            .collect::<Result<Vec<_>, Error>>()
            .map(Cow::Owned)
    }
}

/// The error of a lookup, which is not a call of the driver.
fn of_names(error: TransportError) -> Error {
    Error::from_transport(Operation::GetInterface, error)
}
