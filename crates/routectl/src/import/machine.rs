//! What of this machine's tables lines are looked up in.

use std::collections::HashMap;
use std::net::IpAddr;

use ipforward::{
    AddressFamily, Device, Error, Interface, IpInterface, IpNet, Metrics, NextHop, Route,
};

use super::line::Wrong;
use super::said::Dev;
use crate::names::Names;

/// This machine's routes and interfaces, by what lines say of them.
#[derive(Debug, Default)]
pub(super) struct Machine {
    interfaces: Vec<Interface>,
    metrics: Metrics,
    /// The interface of each address that the machine has.
    addresses: HashMap<IpAddr, Interface>,
    /// The prefixes on the links of interfaces.
    links: Vec<(IpNet, Interface)>,
    routes: HashMap<IpNet, Vec<Route>>,
    /// What names mean, as the command line says.
    map: HashMap<String, Interface>,
    /// What the others mean.
    names: Names,
}

impl Machine {
    pub(super) fn read(
        device: &Device,
        map: &[(String, Interface)],
        names: Names,
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
        let mut machine = Self {
            interfaces: interfaces.iter().map(|row| row.interface).collect(),
            metrics: interfaces.iter().collect(),
            map: map.iter().cloned().collect(),
            ..Self::default()
        };
        for route in routes {
            let prefix = route.destination;
            if route.next_hop == NextHop::OnLink {
                if prefix.prefix_len() == prefix.max_prefix_len() {
                    machine.addresses.insert(prefix.addr(), route.interface);
                }
                machine.links.push((prefix, route.interface));
            }
            machine.routes.entry(prefix).or_default().push(*route);
        }
        machine
    }

    /// The routes to exactly this prefix.
    pub(super) fn routes(&self, prefix: IpNet) -> &[Route] {
        self.routes.get(&prefix).map_or(&[], Vec::as_slice)
    }

    /// The metric of the route's family on its interface; 0 if it is not known.
    pub(super) fn interface_metric(&self, interface: Interface, family: AddressFamily) -> u32 {
        self.metrics.of_interface(interface, family).unwrap_or(0)
    }

    /// The interface that a name means here.
    pub(super) fn interface(&self, dev: &Dev) -> Result<Interface, Wrong> {
        let name = match dev {
            Dev::Name(name) => name.clone(),
            Dev::Index(index) => index.to_string(),
            Dev::Address(address) => address.to_string(),
        };
        if let Some(meant) = self.map.get(&name) {
            return Ok(*meant);
        }
        let wrong = |wrong: String| {
            Wrong::new(
                wrong,
                format!("--map {name}=INTERFACE, with one that `routectl interface show` lists"),
            )
        };
        let found = match dev {
            Dev::Address(address) => self.addresses.get(address).copied(),
            Dev::Index(index) => self.known(Interface::Index(*index)),
            Dev::Name(name) => match name.parse() {
                Ok(interface) => self.known(interface),
                Err(_) => (self.names.interface(name)).map_err(|error| wrong(error.to_string()))?,
            },
        };
        found.ok_or_else(|| {
            wrong(match dev {
                Dev::Address(_) => format!("no interface of this machine has the address {name}"),
                _ => format!("this machine has no interface `{name}`"),
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
