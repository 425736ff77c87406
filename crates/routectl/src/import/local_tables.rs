//! The local routes and interfaces, for resolving a file.

use std::collections::HashMap;
use std::net::IpAddr;

use ipforward::EntryChange;
use ipforward::{
    AddressFamily, Device, Entry, Error, Interface, IpInterface, IpNet, Metrics, NextHop, Route,
    RouteKey, RouteProtocol,
};

use super::address::is_host;
use super::line::LineError;
use super::line_change::InterfaceRef;
use crate::spec::InterfaceNames;

/// The routes and interfaces of the local system, with the changes of earlier lines.
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
            let is_on_link = route.next_hop == NextHop::OnLink;
            if is_on_link && is_host(route.destination) {
                tables.add_address(route);
            }
            tables.add(*route);
        }
        tables
    }

    /// Adds the interface of a local address. A route of the system names it more surely than one of
    /// a user.
    fn add_address(&mut self, route: &Route) {
        let address = route.destination.addr();
        if route.protocol == RouteProtocol::LOCAL {
            self.addresses.insert(address, route.interface);
        } else {
            self.addresses.entry(address).or_insert(route.interface);
        }
    }

    fn add(&mut self, route: Route) {
        let prefix = route.destination;
        // A default route through a tunnel does not show on which link an address is.
        if route.next_hop == NextHop::OnLink && prefix.prefix_len() > 1 {
            self.links.push((prefix, route.interface));
        }
        self.routes.entry(prefix).or_default().push(route);
    }

    fn remove(&mut self, key: &RouteKey) {
        let is_it = |route: &Route| {
            route.next_hop == key.next_hop && route.interface.is_same(key.interface)
        };
        if let Some(routes) = self.routes.get_mut(&key.destination) {
            routes.retain(|route| !is_it(route));
        }
        if key.next_hop == NextHop::OnLink {
            self.links.retain(|(prefix, interface)| {
                *prefix != key.destination || !interface.is_same(key.interface)
            });
        }
    }

    /// Makes the change of an earlier line.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let route = entry.route();
        self.remove(&route.key());
        if !matches!(entry.change(), EntryChange::Delete(_)) {
            self.add(route);
        }
    }

    /// The route with the same key.
    pub(super) fn route(&self, key: &Route) -> Option<Route> {
        let is_it = |route: &&Route| {
            route.next_hop == key.next_hop && route.interface.is_same(key.interface)
        };
        self.routes(key.destination).iter().find(is_it).copied()
    }

    /// True if the system here has added the route.
    pub(super) fn is_system_route(&self, key: &Route) -> bool {
        let present = self.route(key);
        present.is_some_and(|present| present.protocol == RouteProtocol::LOCAL)
    }

    /// False if the interface has an own address in the prefix, and that address has another prefix.
    pub(super) fn may_be_own(&self, prefix: IpNet, interface: Interface) -> bool {
        let mut own = self.addresses.iter();
        let has_address =
            own.any(|(address, other)| prefix.contains(address) && other.is_same(interface));
        !has_address || self.is_system_route(&Route::new(prefix, interface))
    }

    /// The routes to an address, with any length.
    pub(super) fn routes_to_address(&self, address: IpAddr) -> impl Iterator<Item = &Route> {
        self.routes
            .iter()
            .filter(move |(prefix, _)| prefix.addr() == address)
            .flat_map(|(_, routes)| routes)
    }

    /// The next hop as the network stack uses it: a gateway that is an address of the interface
    /// itself means an on-link route.
    pub(super) fn effective(&self, next_hop: NextHop, interface: Option<Interface>) -> NextHop {
        let own = next_hop
            .address()
            .and_then(|address| self.addresses.get(&address));
        match (own, interface) {
            (Some(own), Some(interface)) if own.is_same(interface) => NextHop::OnLink,
            _ => next_hop,
        }
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
        let name = dev.name();
        if let Some(interface) = self.map.get(&name) {
            return Ok(self.completed(*interface));
        }
        let unknown = |error: String| {
            LineError::new(
                error,
                if name.contains(char::is_whitespace) {
                    format!(
                        "--map \"{name}=INTERFACE\" with an interface of `routectl interface show`"
                    )
                } else {
                    format!("--map {name}=INTERFACE with an interface of `routectl interface show`")
                },
            )
        };
        let found = match dev {
            InterfaceRef::Address(address) | InterfaceRef::OptionalAddress(address) => {
                self.addresses.get(address).copied()
            }
            InterfaceRef::Index(index) => self.known(Interface::Index(*index)),
            InterfaceRef::EitherIndex {
                decimal,
                hexadecimal,
            } => {
                let found =
                    [*decimal, *hexadecimal].map(|index| self.known(Interface::Index(index)));
                if let [Some(_), Some(_)] = found {
                    return Err(unknown(format!(
                        "the interface {name} can be {decimal} or, in hexadecimal, {hexadecimal}"
                    )));
                }
                found[0].or(found[1])
            }
            InterfaceRef::Name(name) => match name.parse() {
                Ok(Interface::Alias(_)) | Err(_) => {
                    let named = self.names.interface(name);
                    let named = named.map_err(|error| unknown(error.to_string()))?;
                    named.map(|interface| self.completed(interface))
                }
                Ok(interface) => self.known(interface),
            },
        };
        found.ok_or_else(|| {
            unknown(match dev {
                InterfaceRef::Address(_) | InterfaceRef::OptionalAddress(_) => {
                    format!("no interface of this system has the address {name}")
                }
                InterfaceRef::Name(text) if text.contains('\u{FFFD}') => format!(
                    "unknown interface `{name}`: the file has another encoding; see --encoding"
                ),
                _ => format!("unknown interface `{name}`"),
            })
        })
    }

    /// The interface with its index and its LUID, if the tables have it: an alias names only the LUID,
    /// a file may name the same interface by its index.
    pub(super) fn completed(&self, interface: Interface) -> Interface {
        self.known(interface).unwrap_or(interface)
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
