//! The route calls of the memory backend.

use nt_types::route::PROTOCOL_NET_MGMT;
use nt_types::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, NtStatus};

use super::interface::Interface;
use super::state::State;
use super::table::{Route, RouteKey};
use crate::behaviours::StoredFlags;
use crate::initial::{METRIC_NOT_GIVEN, PROTOCOL_NOT_GIVEN, SITE_PREFIX_NOT_GIVEN};
use crate::keys::{self, NoNextHop, RouteKeys};
use crate::notify::Change;

/// The metric of a route for which none was given.
const METRIC_DEFAULT: u32 = 256;

impl State {
    /// `CreateIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::create_route`](crate::stack::NetworkStack::create_route).
    pub fn create_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let route = self.checked_route(row)?;
        if !self.routes.add(&route) {
            return Err(self.behaviours.duplicate());
        }
        self.notify_route(Change::Add, &route);
        Ok(())
    }

    /// The route that a create of `row` makes, after all its checks.
    ///
    /// # Errors
    ///
    /// As [`create_route`](Self::create_route).
    pub fn route_to_create(&self, row: &MibIpForwardRow2) -> Result<Route, NtStatus> {
        let route = self.checked_route(row)?;
        if self.routes.get(&route.key).is_some() {
            return Err(self.behaviours.duplicate());
        }
        Ok(route)
    }

    /// The route that a create of `row` makes, after all its checks but that for one of the same name.
    fn checked_route(&self, row: &MibIpForwardRow2) -> Result<Route, NtStatus> {
        let keys = RouteKeys::read(row, NoNextHop::OnLink, &self.behaviours)?;
        keys::check_members(row, keys.prefix, &self.behaviours)?;
        let interface = self.interface_of(&keys)?;
        if !interface.carries_routes {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        if !interface.connected && self.behaviours.refuses_on_disconnected() {
            return Err(NtStatus::NETWORK_UNREACHABLE);
        }
        self.new_route(row, &keys, interface)
    }

    fn new_route(
        &self,
        given: &MibIpForwardRow2,
        keys: &RouteKeys,
        interface: &Interface,
    ) -> Result<Route, NtStatus> {
        let next_hop = keys.next_hop.ok_or(NtStatus::INVALID_PARAMETER)?;
        let prefix = keys.prefix;
        let key = RouteKey {
            prefix,
            luid: interface.luid,
            next_hop: next_hop.address().ok_or(NtStatus::INVALID_PARAMETER)?,
        };
        let mut route = Route {
            key,
            row: MibIpForwardRow2 {
                interface_luid: interface.luid,
                interface_index: interface.index,
                destination_prefix: IpAddressPrefix::new(prefix.addr(), prefix.prefix_len()),
                next_hop,
                metric: METRIC_DEFAULT,
                protocol: PROTOCOL_NET_MGMT,
                ..MibIpForwardRow2::default()
            },
            since: self.now,
        };
        self.set_properties(&mut route.row, given);
        self.set_flags(&mut route.row, given);
        Ok(route)
    }

    /// Gives `stored` the properties of `given`; what is not given stays as it is.
    fn set_properties(&self, stored: &mut MibIpForwardRow2, given: &MibIpForwardRow2) {
        if given.site_prefix_length != SITE_PREFIX_NOT_GIVEN {
            stored.site_prefix_length = given.site_prefix_length;
        }
        stored.valid_lifetime = given.valid_lifetime;
        stored.preferred_lifetime = given.preferred_lifetime;
        if given.metric != METRIC_NOT_GIVEN || !self.behaviours.checks_metric() {
            stored.metric = given.metric;
        }
        if given.protocol != PROTOCOL_NOT_GIVEN {
            stored.protocol = given.protocol;
        }
    }

    /// `SetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::set_route`](crate::stack::NetworkStack::set_route).
    pub fn set_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let changed = self.route_as_set(row)?;
        self.put(Change::Parameter, changed);
        Ok(())
    }

    /// The route that a set of `row` leaves, after all its checks.
    ///
    /// # Errors
    ///
    /// As [`set_route`](Self::set_route).
    pub fn route_as_set(&self, row: &MibIpForwardRow2) -> Result<Route, NtStatus> {
        let keys = RouteKeys::read(row, NoNextHop::OnLink, &self.behaviours)?;
        keys::check_members(row, keys.prefix, &self.behaviours)?;
        let mut route = *self.route_of(&keys)?;
        self.set_properties(&mut route.row, row);
        if self.behaviours.stored_flags != StoredFlags::KeptBySet {
            self.set_flags(&mut route.row, row);
        }
        route.since = self.now;
        Ok(route)
    }

    /// `DeleteIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::delete_route`](crate::stack::NetworkStack::delete_route).
    pub fn delete_route(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let key = self.route_to_delete(row)?;
        self.remove(&key);
        Ok(())
    }

    /// The name of the route that a delete of `row` removes, after all its checks.
    ///
    /// # Errors
    ///
    /// As [`delete_route`](Self::delete_route).
    pub fn route_to_delete(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        let keys = RouteKeys::read(row, NoNextHop::OnLink, &self.behaviours)?;
        Ok(self.route_of(&keys)?.key)
    }

    /// `GetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::route`](crate::stack::NetworkStack::route).
    pub fn route(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        let keys = RouteKeys::read(row, NoNextHop::Any, &self.behaviours)?;
        if self.behaviours.get_checks_members() {
            keys::check_lifetimes_and_site(row, keys.prefix, &self.behaviours)?;
        }
        Ok(self.route_of(&keys)?.read(self.now))
    }

    /// `GetIpForwardTable2`.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::routes`](crate::stack::NetworkStack::routes).
    pub fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, NtStatus> {
        self.require_table(family)?;
        let wanted = |row: &MibIpForwardRow2| {
            family == AddressFamily::UNSPECIFIED || row.next_hop.family() == family
        };
        let visible: Vec<u64> = self.visible().map(|interface| interface.luid).collect();
        let rows = self
            .routes
            .iter()
            .filter(|route| wanted(&route.row) && visible.contains(&route.key.luid))
            .map(|route| route.read(self.now))
            .collect();
        self.non_empty(rows)
    }

    /// Refuses a table of an unknown family, or of one without a stack.
    ///
    /// # Errors
    ///
    /// An unknown family, or an absent stack.
    pub fn require_table(&self, family: AddressFamily) -> Result<(), NtStatus> {
        if family == AddressFamily::UNSPECIFIED {
            Ok(())
        } else {
            self.require_stack(family)
        }
    }

    /// The rows, unless there are none and that is an error.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for no rows, if the behaviour says so.
    pub fn non_empty<T>(&self, rows: Vec<T>) -> Result<Vec<T>, NtStatus> {
        if rows.is_empty() && !self.behaviours.lists_nothing() {
            Err(NtStatus::NOT_FOUND)
        } else {
            Ok(rows)
        }
    }
}
