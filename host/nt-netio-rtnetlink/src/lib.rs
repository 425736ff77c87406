//! The network stack of a Linux network namespace: routes that are made here are real, and
//! `ip route` shows them.
//!
//! What Windows has and Linux has not (protocol, lifetimes, flags, age, origin, the metric of an
//! interface) is kept by the host, route by route, as long as it runs. Routes of other
//! processes are shown with the nearest values. Linux's priority of a route is Windows's
//! complete metric: that of the route and that of the interface.
//!
//! What Windows cannot express is not shown: tables other than `main` and `local`, routes that
//! lead nowhere, routes by source address, and IPv4 routes by an IPv6 next hop. An IPv4 route of
//! another process with several next hops is shown as several routes, which cannot be changed
//! one by one (`STATUS_NOT_SUPPORTED`).

#![cfg(target_os = "linux")]

mod best_route;
mod changes;
mod datagram;
mod entry;
mod event_filter;
mod events;
mod fib;
mod fib_snapshot;
mod links;
mod namespace;
mod requests;
mod rows;
mod status;

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};
use nt_types::{
    AddressFamily, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus,
};
use parking_lot::Mutex;

use crate::events::Events;
use crate::fib_snapshot::FibSnapshot;
pub use crate::namespace::OpenError;
use nt_kernel::warning;
use nt_netio::behaviours::Behaviours;
use nt_netio::clock::{Clock, KernelClock};
use nt_netio::notify::{Callback, CancelError, Registration, Topic, Watchers};
use nt_netio::stack::{BestRoute, BestRouteQuery, NetworkStack};

use crate::requests::Requests;

/// How long the follower leaves the events to the calls, when there have been calls.
const NAP: Duration = Duration::from_millis(2);

/// The network stack of a network namespace.
pub struct Rtnetlink {
    behaviours: Behaviours,
    clock: Arc<dyn Clock>,
    snapshot: Mutex<FibSnapshot>,
    watchers: Watchers,
    /// The number of calls so far.
    calls: AtomicU64,
}

impl Rtnetlink {
    /// The stack of the namespace that `ip netns` calls `name`, by the machine's own clock.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(name: &str, behaviours: Behaviours) -> Result<Self, OpenError> {
        Self::open_with_clock(name, behaviours, Arc::new(KernelClock))
    }

    /// As [`open`](Self::open), with the time from `clock`.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open_with_clock(
        name: &str,
        behaviours: Behaviours,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        // The events first: what happens while the rest is read must not be lost.
        let sockets = namespace::inside(name, || {
            let requests = Requests::open()?;
            let events = Events::open(requests.port())?;
            Ok((requests, events))
        })?;
        let snapshot = FibSnapshot::new(sockets, behaviours, clock.now())
            .map_err(|error| OpenError::new(name, error))?;
        Ok(Self {
            behaviours,
            clock,
            snapshot: Mutex::new(snapshot),
            watchers: Watchers::new(behaviours),
            calls: AtomicU64::new(0),
        })
    }

    /// Delivers notifications and removes expired routes, also without calls, until the stack is
    /// dropped.
    ///
    /// # Errors
    ///
    /// The system has no thread or no file descriptor left.
    pub fn follow_in_background(self: &Arc<Self>) -> io::Result<()> {
        const TICK_MS: u16 = 100;
        let readiness = self.snapshot.lock().readiness()?;
        let stack: Weak<Self> = Arc::downgrade(self);
        let follow = move || {
            let mut calls = 0;
            while let Some(stack) = stack.upgrade() {
                calls = stack.follow(calls);
                drop(stack);
                let mut socket = [PollFd::new(readiness.as_fd(), PollFlags::POLLIN)];
                // An interrupted wait is as good as one that is over.
                let _ = poll(&mut socket, TICK_MS);
            }
        };
        thread::Builder::new()
            .name("network namespace".to_owned())
            .spawn(follow)
            .map(drop)
    }

    /// Takes over what has happened in the namespace, and lets those routes expire whose time is
    /// over.
    pub fn tick(&self) {
        self.with(|_| ());
    }

    /// Takes over what has happened, unless there have been calls since the last time, when there
    /// were `before`: each call takes it over itself, and must not have to wait for this thread.
    /// Returns the number of calls so far.
    fn follow(&self, before: u64) -> u64 {
        let calls = self.calls.load(Ordering::Relaxed);
        if calls == before {
            self.apply(|_| ());
        } else {
            thread::sleep(NAP);
        }
        calls
    }

    fn with<R>(&self, call: impl FnOnce(&mut FibSnapshot) -> R) -> R {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.apply(call)
    }

    /// Everything that has happened in the namespace before the call is published before the lock is
    /// released, and so are the changes that the call makes, so that watchers see changes in their
    /// order.
    fn apply<R>(&self, call: impl FnOnce(&mut FibSnapshot) -> R) -> R {
        let mut snapshot = self.snapshot.lock();
        snapshot.state.now = self.clock.now();
        catch_up(&mut snapshot);
        snapshot.expire();
        let result = call(&mut snapshot);
        self.watchers.publish(&mut snapshot.state.notices);
        result
    }
}

fn catch_up(snapshot: &mut FibSnapshot) {
    if let Err(error) = snapshot.catch_up() {
        warning(format!("the network namespace cannot be read: {error}"));
    }
}

impl NetworkStack for Rtnetlink {
    fn behaviours(&self) -> Behaviours {
        self.behaviours
    }

    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|snapshot| snapshot.create_route(row))
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|snapshot| snapshot.set_route(row))
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(|snapshot| snapshot.delete_route(row))
    }

    fn route(&self, keys: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.with(|snapshot| snapshot.state.route(keys))
    }

    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, NtStatus> {
        self.with(|snapshot| snapshot.state.routes(family))
    }

    fn best_route(&self, query: &BestRouteQuery) -> Result<BestRoute, NtStatus> {
        self.with(|snapshot| snapshot.best_route(query))
    }

    fn interface(&self, keys: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.with(|snapshot| snapshot.state.interface(keys))
    }

    fn set_interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.with(|snapshot| snapshot.set_interface(row))
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus> {
        self.with(|snapshot| snapshot.state.interfaces(family))
    }

    fn addresses(&self, family: AddressFamily) -> Result<Vec<MibUnicastIpAddressRow>, NtStatus> {
        self.with(|snapshot| snapshot.state.addresses(family))
    }

    fn index_to_luid(&self, index: u32) -> Result<u64, NtStatus> {
        self.with(|snapshot| snapshot.state.index_to_luid(index))
    }

    fn luid_to_index(&self, luid: u64) -> Result<u32, NtStatus> {
        self.with(|snapshot| snapshot.state.luid_to_index(luid))
    }

    fn luid_to_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.with(|snapshot| snapshot.state.luid_to_guid(luid))
    }

    fn guid_to_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        self.with(|snapshot| snapshot.state.guid_to_luid(guid))
    }

    fn alias_to_luid(&self, alias: &str) -> Result<u64, NtStatus> {
        self.with(|snapshot| snapshot.state.alias_to_luid(alias))
    }

    fn luid_to_alias(&self, luid: u64) -> Result<String, NtStatus> {
        self.with(|snapshot| snapshot.state.luid_to_alias(luid))
    }

    fn watch(
        &self,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
        callbacks: Vec<Callback>,
    ) -> Result<Registration, NtStatus> {
        // What happened before is no change to the new watcher.
        self.tick();
        self.watchers.watch(topic, family, initial, callbacks)
    }

    fn cancel(&self, registration: Registration) -> Result<(), CancelError> {
        self.watchers.cancel(registration)
    }

    fn set_link(&self, index: u32, up: bool) -> Result<(), NtStatus> {
        self.with(|snapshot| {
            let set = snapshot.set_link(index, up);
            // Linux removes routes with the link.
            catch_up(snapshot);
            set
        })
    }

    fn wait_idle(&self) {
        self.tick();
        self.watchers.wait_idle();
    }
}
