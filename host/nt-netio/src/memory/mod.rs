//! The network stack in memory: deterministic, with the machine of an interface file.
//!
//! The crate `nt-netio-rtnetlink` keeps its FIB snapshot of a network namespace in the
//! same state and makes the same checks; only the changes go to Linux first.
//!
//! One lock holds everything. A thread publishes its changes before it releases the lock, so that
//! watchers see changes in the order in which they were made.

mod advertised;
pub mod best_route;
mod flags;
pub mod interface;
mod interface_calls;
mod link;
mod routes;
pub mod state;
mod system_rows;
pub mod table;

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use nt_types::{
    AddressFamily, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus,
};
use parking_lot::Mutex;

use self::state::State;
use super::behaviours::Behaviours;
use super::clock::{Clock, KernelClock};
use super::compartment;
use super::interfaces::{Interface, NetworkDescription};
use super::keys::Selector;
use super::notify::{Callback, CancelError, Change, Registration, Topic, Watchers};
use super::stack::{Adapter, AdvertisedRoute, BestRoute, BestRouteQuery, NetworkStack};

/// The network stack in memory.
pub struct Memory {
    behaviours: Behaviours,
    machine: NetworkDescription,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    watchers: Watchers,
}

impl Memory {
    /// A stack for `machine`, by the machine's own clock.
    #[must_use]
    pub fn new(machine: &NetworkDescription, behaviours: Behaviours) -> Self {
        Self::with_clock(machine, behaviours, Arc::new(KernelClock))
    }

    /// A stack for `machine` that takes the time from `clock`.
    #[must_use]
    pub fn with_clock(
        machine: &NetworkDescription,
        behaviours: Behaviours,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            behaviours,
            machine: machine.clone(),
            state: Mutex::new(State::new(machine, behaviours, clock.now())),
            clock,
            watchers: Watchers::new(behaviours),
        }
    }

    /// Removes expired routes on time, also without calls, until the stack is dropped.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub fn expire_in_background(self: &Arc<Self>) -> std::io::Result<()> {
        const TICK: Duration = Duration::from_millis(100);
        let stack: Weak<Self> = Arc::downgrade(self);
        let tick = move || {
            while let Some(stack) = stack.upgrade() {
                stack.tick();
                drop(stack);
                thread::sleep(TICK);
            }
        };
        thread::Builder::new()
            .name("route lifetimes".to_owned())
            .spawn(tick)
            .map(drop)
    }

    /// Lets those routes expire whose time is over.
    pub fn tick(&self) {
        self.with(|_| ());
    }

    /// Says whether an interface carries routes.
    pub fn set_carries_routes(&self, index: u32, carries_routes: bool) {
        self.with(|state| {
            if let Some(interface) = state.find_mut(Selector::Index(index)) {
                interface.carries_routes = carries_routes;
            }
        });
    }

    /// Removes an interface and its routes.
    pub fn remove_interface(&self, index: u32) {
        self.with(|state| {
            let found = state.find(Selector::Index(index));
            if let Some(luid) = found.map(|interface| interface.luid) {
                state.remove_routes(|route| route.key.luid == luid);
                state.addresses_changed(Change::Delete, luid);
                state.interface_changed(Change::Delete, luid);
                state.interfaces.retain(|interface| interface.luid != luid);
            }
        });
    }

    /// Puts an interface into the machine, with the routes that the stack makes for it.
    pub fn add_interface(&self, description: &Interface) {
        self.with(|state| {
            let interface = interface::Interface::new(description);
            let routes = system_rows::of(&interface, state.now);
            state.interfaces.push(interface);
            state.interface_changed(Change::Add, description.luid);
            state.addresses_changed(Change::Add, description.luid);
            for route in routes {
                state.put(Change::Add, route);
            }
        });
    }

    /// Takes a family off the machine.
    pub fn remove_stack(&self, family: AddressFamily) {
        self.with(|state| state.remove_stack(family));
    }

    fn with<R>(&self, call: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock();
        state.now = self.clock.now();
        state.expire();
        let result = call(&mut state);
        self.watchers.publish(&mut state.notices);
        result
    }
}

impl NetworkStack for Memory {
    fn behaviours(&self) -> Behaviours {
        self.behaviours
    }

    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|state| state.create_route(row))
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|state| state.set_route(row))
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|state| state.delete_route(row))
    }

    fn route(&self, keys: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.with(|state| state.route(keys))
    }

    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, NtStatus> {
        self.with(|state| state.routes(family))
    }

    fn best_route(&self, query: &BestRouteQuery) -> Result<BestRoute, NtStatus> {
        self.with(|state| state.best_route(query))
    }

    fn interface(&self, keys: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.with(|state| state.interface(keys))
    }

    fn set_interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.with(|state| state.set_interface(row))
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus> {
        self.with(|state| state.interfaces(family))
    }

    fn addresses(&self, family: AddressFamily) -> Result<Vec<MibUnicastIpAddressRow>, NtStatus> {
        self.with(|state| state.addresses(family))
    }

    fn index_to_luid(&self, index: u32) -> Result<u64, NtStatus> {
        self.with(|state| state.index_to_luid(index))
    }

    fn luid_to_index(&self, luid: u64) -> Result<u32, NtStatus> {
        self.with(|state| state.luid_to_index(luid))
    }

    fn luid_to_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.with(|state| state.luid_to_guid(luid))
    }

    fn guid_to_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        self.with(|state| state.guid_to_luid(guid))
    }

    fn alias_to_luid(&self, alias: &str) -> Result<u64, NtStatus> {
        self.with(|state| state.alias_to_luid(alias))
    }

    fn luid_to_alias(&self, luid: u64) -> Result<String, NtStatus> {
        self.with(|state| state.luid_to_alias(luid))
    }

    fn watch(
        &self,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
        callbacks: Vec<Callback>,
    ) -> Result<Registration, NtStatus> {
        self.watchers.watch(topic, family, initial, callbacks)
    }

    fn cancel(&self, registration: Registration) -> Result<(), CancelError> {
        self.watchers.cancel(registration)
    }

    fn plug(&self, index: u32, adapter: Adapter) -> Result<(), NtStatus> {
        let mut known = self.machine.interfaces();
        let described = known.find(|interface| interface.index == index);
        let described = described.ok_or(NtStatus::NOT_FOUND)?;
        self.remove_interface(index);
        if let Some(interface) = link::adapter(described, adapter) {
            self.add_interface(&interface);
        }
        Ok(())
    }

    fn set_link(&self, index: u32, up: bool) -> Result<(), NtStatus> {
        self.with(|state| state.set_link(index, up))
    }

    fn change_address(&self, index: u32, address: IpNet, present: bool) -> Result<(), NtStatus> {
        self.with(|state| state.change_address(index, address, present))
    }

    /// Those of the machine's description, also while none of their interfaces is there.
    fn has_compartment(&self, compartment: u32) -> bool {
        let mut interfaces = self.machine.interfaces();
        compartment == compartment::DEFAULT
            || interfaces.any(|interface| interface.compartment == compartment)
    }

    fn lose_routes(&self) -> Result<(), NtStatus> {
        self.with(State::lose_all_routes);
        Ok(())
    }

    fn advertise(&self, index: u32, route: AdvertisedRoute) -> Result<(), NtStatus> {
        self.with(|state| state.advertise(index, route))
    }

    fn wait_idle(&self) {
        self.tick();
        self.watchers.wait_idle();
    }
}
