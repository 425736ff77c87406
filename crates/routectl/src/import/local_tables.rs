//! The local routes and interfaces, for resolving a file.

use std::collections::HashMap;
use std::net::IpAddr;

use ipforward::{
    AddressFamily, Device, Error, Interface, IpInterface, IpNet, Metrics, NextHop, Route,
};

use super::line::LineError;
use super::line_change::InterfaceRef;
use crate::spec::InterfaceNames;

/// The routes and interfaces of the local system.
#[derive(Debug, Default)]
pub(super) struct LocalTables {
    interfaces: Vec<Interface>,
    metrics: Metrics,
    /// The interface of each local address.
    addresses: HashMap<IpAddr, Interface>,
    /// The on-link prefixes.
    links: Vec<(IpNet, Interface)>,
    routes: HashMap<IpNet, Vec<Route>>,
    /// The interfaces of `--map`.
    map: HashMap<String, Interface>,
    /// The interfaces by index, LUID and alias.
    names: InterfaceNames,
}

impl LocalTables {
    pub(super) fn read(
        device: &Device,
        map: &[(String, Interface)],
        names: InterfaceNames,
    ) -> Result<Self, Error> {
        let interfaces = device.interfaces(AddressFamily::UNSPECIFIED)?;
        let routes = device.routes(AddressFamily::UNSPECIFIED)?;
        Ok(Self {
            names,
            ..Self::new(&interfaces, &routes, map)
        })
    }

    pub(super) fn new(
        interfaces: &[IpInterface],
        routes: &[Route],
        map: &[(String, Interface)],
    ) -> Self {
        let mut tables = Self {
            interfaces: interfaces.iter().map(|row| row.interface).collect(),
            metrics: interfaces.iter().collect(),
            map: map.iter().cloned().collect(),
            ..Self::default()
        };
        for route in routes {
            let prefix = route.destination;
            if route.next_hop == NextHop::OnLink {
                if prefix.prefix_len() == prefix.max_prefix_len() {
                    tables.addresses.insert(prefix.addr(), route.interface);
                }
                tables.links.push((prefix, route.interface));
            }
            tables.routes.entry(prefix).or_default().push(*route);
        }
        tables
    }

    /// The routes to exactly this prefix.
    pub(super) fn routes(&self, prefix: IpNet) -> &[Route] {
        self.routes.get(&prefix).map_or(&[], Vec::as_slice)
    }

    /// The metric of a family on an interface; 0 if unknown.
    pub(super) fn interface_metric(&self, interface: Interface, family: AddressFamily) -> u32 {
        self.metrics.of_interface(interface, family).unwrap_or(0)
    }

    /// The local interface for a name in the file.
    pub(super) fn interface(&self, dev: &InterfaceRef) -> Result<Interface, LineError> {
        let name = match dev {
            InterfaceRef::Name(name) => name.clone(),
            InterfaceRef::Index(index) => index.to_string(),
            InterfaceRef::Address(address) => address.to_string(),
        };
        if let Some(interface) = self.map.get(&name) {
            return Ok(*interface);
        }
        let unknown = |error: String| {
            LineError::new(
                error,
                format!("--map {name}=INTERFACE with an interface of `routectl interface show`"),
            )
        };
        let found = match dev {
            InterfaceRef::Address(address) => self.addresses.get(address).copied(),
            InterfaceRef::Index(index) => self.known(Interface::Index(*index)),
            InterfaceRef::Name(name) => match name.parse() {
                Ok(interface) => self.known(interface),
                Err(_) => {
                    (self.names.interface(name)).map_err(|error| unknown(error.to_string()))?
                }
            },
        };
        found.ok_or_else(|| {
            unknown(match dev {
                InterfaceRef::Address(_) => {
                    format!("no interface of this system has the address {name}")
                }
                _ => format!("unknown interface `{name}`"),
            })
        })
    }

    fn known(&self, interface: Interface) -> Option<Interface> {
        let is_known = |known: &Interface| known.is_same(interface);
        self.interfaces.iter().copied().find(is_known)
    }

    /// The interface on whose link a next hop is.
    pub(super) fn link_of(&self, next_hop: NextHop) -> Option<Interface> {
        let NextHop::Gateway { address, scope_id } = next_hop else {
            return None;
        };
        if scope_id != 0 {
            return self.known(Interface::Index(scope_id));
        }
        self.links
            .iter()
            .filter(|(prefix, _)| prefix.contains(&address))
            .max_by_key(|(prefix, _)| prefix.prefix_len())
            .map(|(_, interface)| *interface)
    }
}
