//! The state behind the memory backend's lock: interfaces, routes, and what has just changed.

use std::net::IpAddr;
use std::time::Duration;

use nt_types::{AddressFamily, NtStatus};

use super::interface::{Interface, family_of};
use super::system_rows;
use super::table::{Route, RouteKey, RouteTable};
use crate::behaviours::Behaviours;
use crate::compartment;
use crate::interfaces::{Family, NetworkDescription};
use crate::keys::{RouteKeys, Selector};
use crate::notify::{Change, Notice};

/// Everything that changes, as seen at one moment.
pub struct State {
    /// What the stack does where the documentation leaves it open.
    pub behaviours: Behaviours,
    /// The moment of the running call.
    pub now: Duration,
    /// The families that have a stack.
    pub stacks: Vec<AddressFamily>,
    /// The interfaces, by their indexes.
    pub interfaces: Vec<Interface>,
    /// The routes.
    pub routes: RouteTable,
    /// The changes that are not published yet, in order, each with its compartment.
    pub notices: Vec<(u32, Notice)>,
}

impl State {
    /// The state of the described network at the time `now`.
    pub fn new(network: &NetworkDescription, behaviours: Behaviours, now: Duration) -> Self {
        let mut state = Self {
            behaviours,
            now,
            stacks: vec![AddressFamily::IPV4, AddressFamily::IPV6],
            interfaces: network.interfaces().map(Interface::new).collect(),
            routes: RouteTable::default(),
            notices: Vec::new(),
        };
        for interface in &state.interfaces {
            for route in system_rows::of(interface, now) {
                state.routes.put(route);
            }
        }
        let families = [
            (Family::Ipv4, AddressFamily::IPV4),
            (Family::Ipv6, AddressFamily::IPV6),
        ];
        for (family, number) in families {
            if !network.stacks.contains(&family) {
                state.remove_stack(number);
            }
        }
        state.notices.clear();
        state
    }

    /// Takes a family off the network.
    pub fn remove_stack(&mut self, family: AddressFamily) {
        self.stacks.retain(|stack| *stack != family);
        self.remove_routes(|route| route.row.next_hop.family() == family);
        for interface in &mut self.interfaces {
            interface.unbind(family);
        }
    }

    /// Refuses a family that is none (`STATUS_INVALID_PARAMETER`) or has no stack here.
    ///
    /// # Errors
    ///
    /// An unknown family, or an absent stack.
    pub fn require_stack(&self, family: AddressFamily) -> Result<(), NtStatus> {
        if family.address_bits().is_none() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if self.stacks.contains(&family) {
            Ok(())
        } else {
            Err(NtStatus::NOT_SUPPORTED)
        }
    }

    /// The interfaces that the calling thread sees.
    pub fn visible(&self) -> impl Iterator<Item = &Interface> {
        let compartment = compartment::current();
        self.interfaces
            .iter()
            .filter(move |interface| interface.compartment == compartment)
    }

    /// The interface that a selector names.
    #[must_use]
    pub fn find(&self, selector: Selector) -> Option<&Interface> {
        self.visible()
            .find(|interface| is_named(interface, selector))
    }

    /// As [`find`](Self::find), to change it.
    pub fn find_mut(&mut self, selector: Selector) -> Option<&mut Interface> {
        let compartment = compartment::current();
        self.interfaces
            .iter_mut()
            .filter(|interface| interface.compartment == compartment)
            .find(|interface| is_named(interface, selector))
    }

    /// The interface of a route's keys, after the checks of stack, interface and binding.
    ///
    /// # Errors
    ///
    /// There is no such interface, or it carries no routes.
    pub fn interface_of(&self, keys: &RouteKeys) -> Result<&Interface, NtStatus> {
        let family = family_of(keys.prefix.addr());
        self.require_stack(family)?;
        self.find(keys.interface)
            .filter(|interface| interface.is_bound_to(family))
            .ok_or(NtStatus::NOT_FOUND)
    }

    /// The route that the keys of a row name.
    ///
    /// # Errors
    ///
    /// There is no such interface, or no such route.
    pub fn route_of(&self, keys: &RouteKeys) -> Result<&Route, NtStatus> {
        let luid = self.interface_of(keys)?.luid;
        let found = match keys.next_hop.and_then(|next_hop| next_hop.address()) {
            Some(next_hop) => self.routes.get(&RouteKey {
                prefix: keys.prefix,
                luid,
                next_hop,
            }),
            None => self.routes.first(&keys.prefix, luid),
        };
        found.ok_or_else(|| self.behaviours.absent())
    }

    /// The interface of a stored route.
    #[must_use]
    pub fn owner(&self, route: &Route) -> Option<&Interface> {
        self.find(Selector::Luid(route.key.luid))
    }

    /// The interface that has this address.
    #[must_use]
    pub fn owner_of(&self, address: IpAddr) -> Option<&Interface> {
        self.visible().find(|interface| interface.owns(address))
    }

    /// Adds or replaces a route, and notifies the change.
    pub fn put(&mut self, change: Change, route: Route) {
        self.routes.put(route);
        self.notify_route(change, &route);
    }

    /// Removes a route, and notifies the change.
    pub fn remove(&mut self, key: &RouteKey) {
        if let Some(route) = self.routes.remove(key) {
            self.notify_route(Change::Delete, &route);
        }
    }

    /// Takes out every route that `which` picks.
    pub fn remove_routes(&mut self, which: impl Fn(&Route) -> bool) {
        let keys: Vec<_> = self
            .routes
            .iter()
            .filter(|route| which(route))
            .map(|route| route.key)
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Takes out the routes whose lifetime is over.
    pub fn expire(&mut self) {
        while let Some(route) = self.routes.expire_one(self.now) {
            self.notify_route(Change::Delete, &route);
        }
    }

    /// Says that a route has changed.
    pub(super) fn notify_route(&mut self, change: Change, route: &Route) {
        let compartment = self.compartment_of(route.key.luid);
        let notice = Notice::route(change, &route.row);
        self.notices.push((compartment, notice));
    }

    /// Says that the addresses of an interface were added or removed.
    pub fn addresses_changed(&mut self, change: Change, luid: u64) {
        let rows = self.interface_with(luid).map(Interface::address_rows);
        let rows = rows.unwrap_or_default();
        self.notify(luid, rows.iter().map(|row| Notice::address(change, row)));
    }

    /// Says that an interface has changed, once for each of its families.
    pub fn interface_changed(&mut self, change: Change, luid: u64) {
        let rows = |interface: &Interface| -> Vec<_> {
            let families = interface.families();
            families
                .filter_map(|family| interface.row(family))
                .collect()
        };
        let rows = self.interface_with(luid).map(rows).unwrap_or_default();
        self.notify(luid, rows.iter().map(|row| Notice::interface(change, row)));
    }

    /// Notes changes of an interface, or of its routes and addresses, in its compartment.
    pub fn notify(&mut self, luid: u64, notices: impl IntoIterator<Item = Notice>) {
        let compartment = self.compartment_of(luid);
        let notices = notices.into_iter().map(|notice| (compartment, notice));
        self.notices.extend(notices);
    }

    fn compartment_of(&self, luid: u64) -> u32 {
        let interface = self.interface_with(luid);
        interface.map_or(compartment::DEFAULT, |found| found.compartment)
    }

    /// The interface with a LUID, in whichever compartment.
    fn interface_with(&self, luid: u64) -> Option<&Interface> {
        let mut interfaces = self.interfaces.iter();
        interfaces.find(|interface| interface.luid == luid)
    }
}

const fn is_named(interface: &Interface, selector: Selector) -> bool {
    match selector {
        Selector::Luid(luid) => interface.luid == luid,
        Selector::Index(index) => interface.index == index,
    }
}
