//! The snapshot of the namespace: the routes of Linux, and the rows that NETIO reports for them.
//!
//! The snapshot follows the namespace. Every call first applies the pending events, so its answer
//! is current, and changes by other processes are notified like the host's own. The host makes its
//! changes in Linux first, then in the snapshot. Linux sends no event for such a change of an IPv4
//! route; the event for one of an IPv6 route, which the next call applies, finds no difference. So no
//! notification is sent twice.

use std::io;
use std::time::Duration;

use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nt_netio::behaviours::Behaviours;
use nt_netio::interfaces::{Interface, NetworkDescription};
use nt_netio::memory::interface;
use nt_netio::memory::state::State;
use nt_netio::memory::table::RouteKey;
use nt_netio::notify::Change;

use crate::entry::{self, Entry, Path};
use crate::events::{Event, Events};
use crate::fib::Fib;
use crate::requests::Requests;
use crate::{links, rows};

/// The snapshot, and the sockets by which it is kept.
pub(crate) struct FibSnapshot {
    /// The state that NETIO reports. Its routes also hold the members that Linux cannot store.
    pub(crate) state: State,
    /// What Linux has.
    pub(crate) fib: Fib,
    pub(crate) requests: Requests,
    events: Events,
    /// The IPv4 routes that were changed here since events were last read. An event about one of them
    /// may be of before that change or after it.
    changed_here: Vec<RouteKey>,
    /// True from an unclear event until everything has been read again.
    is_stale: bool,
    /// The interfaces as they were last described.
    described: Vec<Interface>,
}

impl FibSnapshot {
    /// The snapshot of a namespace that the sockets lead into.
    pub(crate) fn new(
        (requests, events): (Requests, Events),
        behaviours: Behaviours,
        now: Duration,
    ) -> io::Result<Self> {
        let nothing: NetworkDescription = "".parse().expect("a machine without interfaces");
        let mut snapshot = Self {
            state: State::new(&nothing, behaviours, now),
            fib: Fib::default(),
            requests,
            events,
            changed_here: Vec::new(),
            is_stale: false,
            described: Vec::new(),
        };
        let routes = snapshot.read_again()?;
        snapshot.reconcile(routes);
        snapshot.state.notices.clear();
        Ok(snapshot)
    }

    /// A file descriptor that becomes readable at the next change in the namespace.
    pub(crate) fn readiness(&self) -> io::Result<std::os::fd::OwnedFd> {
        self.events.readiness()
    }

    /// Takes over everything that has happened in the namespace.
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        loop {
            self.take_over_events();
            if !self.is_stale {
                return Ok(());
            }
            let routes = self.read_again()?;
            self.is_stale = false;
            self.reconcile(routes);
        }
    }

    /// Takes over the events since the last time, as far as they are clear.
    fn take_over_events(&mut self) {
        let events = self.events.take();
        let mut routes = Vec::new();
        for event in &events {
            self.is_stale |= !self.take_over(event, &mut routes);
        }
        self.changed_here.clear();
        if !routes.is_empty() {
            self.reconcile(routes);
        }
    }

    /// Writes down a change, and which routes it concerns; `false` if that is not clear.
    fn take_over(&mut self, event: &Event, routes: &mut Vec<RouteKey>) -> bool {
        let (message, is_added) = match event {
            Event::Added(message) => (message, true),
            Event::Removed(message) => (message, false),
            Event::Unclear => return false,
        };
        for (path, entry) in entry::read(message) {
            let Some(key) = self.key(&path) else {
                return false;
            };
            if self.changed_here.contains(&key) {
                return false;
            }
            if is_added {
                self.fib.add(key, entry);
            } else {
                self.fib.remove(&key, &entry);
            }
            routes.push(key);
        }
        true
    }

    /// Takes over an entry that was added here. That of an IPv6 route comes as an event.
    pub(crate) fn added_here(&mut self, key: &RouteKey, entry: Entry) {
        if key.prefix.addr().is_ipv4() {
            self.fib.add(*key, entry);
            self.changed_here.push(*key);
        }
    }

    /// Takes over that an entry was removed here, as [`added_here`](Self::added_here) does.
    pub(crate) fn removed_here(&mut self, key: &RouteKey, entry: &Entry) {
        if key.prefix.addr().is_ipv4() {
            self.fib.remove(key, entry);
            self.changed_here.push(*key);
        }
    }

    /// Reads everything, and gives the routes that are not as they were.
    fn read_again(&mut self) -> io::Result<Vec<RouteKey>> {
        let links = RouteNetlinkMessage::GetLink(LinkMessage::default());
        let links = self.requests.dump(&links)?;
        let addresses = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let addresses = self.requests.dump(&addresses)?;
        self.meet(links::interfaces(&links, &addresses));
        let mut fib = Fib::default();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let all = RouteNetlinkMessage::GetRoute(entry::all_of(family));
            let routes = self.requests.dump(&all)?;
            let entries = routes.iter().filter_map(route).flat_map(entry::read);
            for (path, entry) in entries {
                if let Some(key) = self.key(&path) {
                    fib.add(key, entry);
                }
            }
        }
        fib.mark_own_as_in(&self.fib);
        let differences = self.fib.differences(&fib);
        self.fib = fib;
        Ok(differences)
    }

    /// Adds new interfaces and updates changed ones. A removed interface stays until its routes are
    /// removed.
    fn meet(&mut self, described: Vec<Interface>) {
        for description in &described {
            if self.described.contains(description) {
                continue;
            }
            let mut interface = interface::Interface::new(description);
            let luid = interface.luid;
            let addresses = interface.address_rows();
            let known = &mut self.state.interfaces;
            let before = known.iter().find(|known| known.luid == luid);
            let before = before
                .map(interface::Interface::address_rows)
                .unwrap_or_default();
            let change = if let Some(known) = known.iter_mut().find(|known| known.luid == luid) {
                interface.keep_settings(known);
                *known = interface;
                Change::Parameter
            } else {
                known.push(interface);
                Change::Add
            };
            self.state.interface_changed(change, luid);
            self.state.addresses_differ(&before, &addresses);
        }
        self.state.interfaces.sort_by_key(|known| known.index);
        self.described = described;
    }

    /// Updates the rows of these routes to what Linux has, then removes the interfaces that Linux
    /// has removed.
    fn reconcile(&mut self, mut routes: Vec<RouteKey>) {
        routes.dedup();
        for key in &routes {
            self.reconcile_route(key);
        }
        let is_described = |luid| self.described.iter().any(|known| known.luid == luid);
        let gone: Vec<u64> = self
            .state
            .interfaces
            .iter()
            .map(|interface| interface.luid)
            .filter(|&luid| !is_described(luid))
            .collect();
        for luid in gone {
            self.state.interface_changed(Change::Delete, luid);
            self.state.interfaces.retain(|known| known.luid != luid);
        }
        self.count_stacks();
    }

    fn reconcile_route(&mut self, key: &RouteKey) {
        let Some(entry) = self.fib.first(key) else {
            self.state.remove(key);
            return;
        };
        let Some(interface) = self.interface(key.luid) else {
            return;
        };
        match self.state.routes.get(key).copied() {
            None => {
                let route = rows::foreign(*key, &entry, interface, self.state.now);
                self.state.put(Change::Add, route);
            }
            Some(route) => {
                let entries = self.fib.of(key);
                if !entries
                    .iter()
                    .any(|entry| rows::agree(&route, entry, interface))
                {
                    let mut changed = route;
                    changed.row.metric = rows::metric(key, &entry, interface);
                    changed.since = self.state.now;
                    self.state.put(Change::Parameter, changed);
                }
            }
        }
    }

    /// A family has a stack if any interface is bound to it.
    fn count_stacks(&mut self) {
        let interfaces = &self.state.interfaces;
        let is_bound = |family| interfaces.iter().any(|known| known.is_bound_to(family));
        self.state.stacks = [nt_types::AddressFamily::IPV4, nt_types::AddressFamily::IPV6]
            .into_iter()
            .filter(|family| is_bound(*family))
            .collect();
    }

    /// The interface of that LUID.
    pub(crate) fn interface(&self, luid: u64) -> Option<&interface::Interface> {
        self.state
            .interfaces
            .iter()
            .find(|interface| interface.luid == luid)
    }

    /// The name that Windows has for a path of Linux, if its interface is known.
    pub(crate) fn key(&self, path: &Path) -> Option<RouteKey> {
        let interface = self
            .state
            .interfaces
            .iter()
            .find(|interface| interface.index == path.interface)?;
        Some(RouteKey {
            prefix: path.prefix,
            luid: interface.luid,
            next_hop: path.next_hop,
        })
    }

    /// The path that Linux has for a route of Windows, if its interface is there.
    pub(crate) fn path(&self, key: &RouteKey) -> Option<Path> {
        Some(Path {
            prefix: key.prefix,
            interface: self.interface(key.luid)?.index,
            next_hop: key.next_hop,
        })
    }
}

fn route(message: &RouteNetlinkMessage) -> Option<&RouteMessage> {
    match message {
        RouteNetlinkMessage::NewRoute(route) => Some(route),
        _ => None,
    }
}
