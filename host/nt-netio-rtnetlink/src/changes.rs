//! The calls that change something: checked by the snapshot, made by Linux.

use std::io;

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkFlags, LinkMessage};
use nix::errno::Errno;
use nt_kernel::warning;
use nt_netio::memory::interface::{Interface, family_of};
use nt_netio::memory::table::{Route, RouteKey};
use nt_netio::notify::{Change, Notice};
use nt_types::{AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use crate::entry::Entry;
use crate::fib_snapshot::FibSnapshot;
use crate::{rows, status};

impl FibSnapshot {
    pub(crate) fn create_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let route = self.state.route_to_create(row)?;
        let priority = self.priority(&route)?;
        let path = self.path(&route.key).ok_or(NtStatus::NOT_FOUND)?;
        self.add(&route.key, Entry::new(&path, priority))
            .map_err(|error| status::of(&error, self.state.behaviours))?;
        self.fib.mark_own(&route.key);
        self.state.put(Change::Add, route);
        Ok(())
    }

    pub(crate) fn set_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let route = self.state.route_as_set(row)?;
        let priority = self.priority(&route)?;
        self.move_to(&route.key, priority)
            .map_err(|error| status::of(&error, self.state.behaviours))?;
        self.fib.mark_own(&route.key);
        self.state.put(Change::Parameter, route);
        Ok(())
    }

    pub(crate) fn delete_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let key = self.state.route_to_delete(row)?;
        self.remove_all(&key)
            .map_err(|error| status::of(&error, self.state.behaviours))?;
        self.state.remove(&key);
        Ok(())
    }

    /// Takes a link down, as `ip link set dev … down` does, or brings it up.
    pub(crate) fn set_link(&mut self, index: u32, up: bool) -> Result<(), NtStatus> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.change_mask = LinkFlags::Up;
        if up {
            message.header.flags = LinkFlags::Up;
        }
        self.requests
            .request(RouteNetlinkMessage::SetLink(message), 0)
            .map(drop)
            .map_err(|error| status::of(&error, self.state.behaviours))
    }

    /// Removes the routes whose lifetime is over.
    pub(crate) fn expire(&mut self) {
        while let Some(route) = self.state.routes.expire_one(self.state.now) {
            // If Linux keeps the route, the host treats it as a foreign route from now on.
            let _ = self.remove_all(&route.key);
            let notice = Notice::route(Change::Delete, &route.row);
            self.state.notify(route.key.luid, [notice]);
        }
    }

    pub(crate) fn set_interface(
        &mut self,
        row: &MibIpInterfaceRow,
    ) -> Result<MibIpInterfaceRow, NtStatus> {
        let family = row.family();
        self.refuse_what_linux_lacks(row)?;
        let before = self.metrics(family);
        let set = self.state.set_interface(row)?;
        if self.metrics(family) != before {
            self.metric_changed(set.interface_luid, family)
                .map_err(|error| status::of(&error, self.state.behaviours))?;
        }
        Ok(set)
    }

    /// Linux uses the default routes of every interface.
    fn refuse_what_linux_lacks(&self, row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        let present = self.state.interface(row)?.disable_default_routes;
        let is_given =
            row.disable_default_routes != u8::MAX || !self.state.behaviours.interface_sentinels();
        if !is_given || row.disable_default_routes == present {
            return Ok(());
        }
        warning(
            "SetIpInterfaceEntry: Linux has no DisableDefaultRoutes, so a network namespace \
             refuses it with STATUS_NOT_SUPPORTED",
        );
        Err(NtStatus::NOT_SUPPORTED)
    }

    fn metrics(&self, family: AddressFamily) -> Vec<u64> {
        let interfaces = self.state.interfaces.iter();
        interfaces
            .map(|interface| interface.metric(family))
            .collect()
    }

    /// Updates the priorities of the host's own routes to the new metric of their interface. Routes
    /// of other programs keep their priorities, so that Windows reads another metric for them.
    fn metric_changed(&mut self, luid: u64, family: AddressFamily) -> io::Result<()> {
        let keys: Vec<RouteKey> = self
            .fib
            .keys()
            .filter(|key| key.luid == luid && family_of(key.prefix.addr()) == family)
            .copied()
            .collect();
        for key in keys {
            let Some(mut route) = self.state.routes.get(&key).copied() else {
                continue;
            };
            if self.fib.is_own(&key) {
                if let Ok(priority) = self.priority(&route) {
                    self.move_to(&key, priority)?;
                }
            } else if let (Some(entry), Some(interface)) =
                (self.fib.first(&key), self.interface(luid))
            {
                route.row.metric = rows::metric(&key, &entry, interface);
                self.state.routes.put(route);
            }
        }
        Ok(())
    }

    /// The priority that a route has on Linux.
    fn priority(&self, route: &Route) -> Result<u32, NtStatus> {
        let interface = self.interface(route.key.luid).ok_or(NtStatus::NOT_FOUND)?;
        Ok(rows::priority(&route.key, route.row.metric, interface))
    }

    /// Adds an entry; others for the same destination stay, whatever their priority.
    fn add(&mut self, key: &RouteKey, entry: Entry) -> io::Result<()> {
        let path = self.path(key).ok_or(Errno::ENODEV)?;
        let is_direct = self
            .interface(key.luid)
            .is_some_and(|interface| !has_near(interface, key));
        let message = RouteNetlinkMessage::NewRoute(entry.to_add(&path, is_direct));
        self.requests
            .request(message, NLM_F_CREATE | NLM_F_APPEND)?;
        self.added_here(key, entry);
        Ok(())
    }

    fn remove(&mut self, key: &RouteKey, entry: Entry) -> io::Result<()> {
        if entry.is_part {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let path = self.path(key).ok_or(Errno::ENODEV)?;
        let message = RouteNetlinkMessage::DelRoute(entry.to_remove(&path));
        self.requests.request(message, 0)?;
        self.removed_here(key, &entry);
        Ok(())
    }

    /// Removes every entry of a route.
    fn remove_all(&mut self, key: &RouteKey) -> io::Result<()> {
        for entry in self.fib.of(key).to_vec() {
            match self.remove(key, entry) {
                // Another process removed it first.
                Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// Changes the priority of a route: adds the new entry first and removes the old one then, so
    /// that the route is never absent. Entries that the Linux kernel maintains are unchanged; only
    /// Windows sees the new metric.
    fn move_to(&mut self, key: &RouteKey, priority: u32) -> io::Result<()> {
        let Some(first) = self.fib.first(key) else {
            return Ok(());
        };
        if first.is_the_kernels() {
            return Ok(());
        }
        let old = self.fib.of(key).to_vec();
        if old.iter().any(|entry| entry.is_part) {
            return Err(Errno::EOPNOTSUPP.into());
        }
        if old.iter().all(|entry| entry.priority != priority) {
            self.add(key, first.with(priority))?;
        }
        for entry in old {
            if entry.priority != priority && !entry.is_the_kernels() {
                self.remove(key, entry)?;
            }
        }
        Ok(())
    }
}

/// True if Linux regards the next hop as a neighbour without the flag `onlink`.
fn has_near(interface: &Interface, key: &RouteKey) -> bool {
    key.next_hop.is_unspecified()
        || interface
            .addresses
            .iter()
            .any(|own| own.contains(&key.next_hop))
}
