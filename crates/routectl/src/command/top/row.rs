//! One route on the screen, with its owners and guards.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipforward::{GuardState, IpNet, LeaseInfo, NextHop, Route, RouteKey};

use crate::command::leases::guard_text;

/// Identifies a route: the destination, the next hop with its scope, and the interface by its LUID,
/// or by its index if only that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RouteId(IpNet, IpAddr, u32, Result<u64, Option<u32>>);

impl From<&RouteKey> for RouteId {
    fn from(key: &RouteKey) -> Self {
        let unspecified = IpAddr::from([0, 0, 0, 0]);
        let (address, scope_id) = match key.next_hop {
            NextHop::Gateway { address, scope_id } => (address, scope_id),
            NextHop::OnLink => (unspecified, 0),
        };
        let interface = key.interface.luid().ok_or(key.interface.index());
        Self(key.destination, address, scope_id, interface)
    }
}

/// A lease of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct TopLease {
    pub(super) route: Route,
    pub(super) process_id: u32,
    pub(super) guard: Option<GuardState>,
}

impl From<&LeaseInfo> for TopLease {
    fn from(lease: &LeaseInfo) -> Self {
        Self {
            route: lease.route,
            process_id: lease.owner.process_id,
            guard: lease.guard.map(|guard| guard.state),
        }
    }
}

/// A route, and the leases of it.
#[derive(Clone, Debug)]
pub(super) struct TopRow {
    pub(super) route: Route,
    /// False if the route is leased, and not in the table now.
    pub(super) exists: bool,
    pub(super) leases: Vec<TopLease>,
}

/// How a guard is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GuardHealth {
    Holds,
    Waits,
    Lost,
}

impl TopRow {
    /// The routes of the table and the leased ones, sorted, each with its leases.
    pub(super) fn all(routes: &BTreeMap<RouteId, Route>, leases: &[TopLease]) -> Vec<Self> {
        let mut rows: BTreeMap<RouteId, Self> = routes
            .iter()
            .map(|(id, route)| (*id, Self::of(*route, true)))
            .collect();
        for lease in leases {
            let id = RouteId::from(&lease.route.key());
            let row = rows
                .entry(id)
                .or_insert_with(|| Self::of(lease.route, false));
            row.leases.push(*lease);
        }
        rows.into_values().collect()
    }

    const fn of(route: Route, exists: bool) -> Self {
        Self {
            route,
            exists,
            leases: Vec::new(),
        }
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.leases.iter().any(|lease| lease.guard.is_some())
    }

    /// The processes that lease the route.
    pub(super) fn processes(&self) -> String {
        let processes = self.leases.iter().map(|lease| lease.process_id);
        distinct(processes.map(|process| process.to_string()))
    }

    /// The states of the guards; `absent` for a lease without a guard whose route is gone.
    pub(super) fn guards(&self) -> String {
        let guards = self.leases.iter().filter_map(|lease| lease.guard);
        let guards = distinct(guards.map(guard_text));
        match (guards.as_str(), self.exists) {
            ("", false) => "absent".to_owned(),
            _ => guards,
        }
    }

    /// The health of the worst guard; `None` without one.
    pub(super) fn health(&self) -> Option<GuardHealth> {
        let guards = self.leases.iter().filter_map(|lease| lease.guard);
        let health = |state| match state {
            GuardState::Holding => GuardHealth::Holds,
            GuardState::InterfaceReplaced | GuardState::GaveUp => GuardHealth::Lost,
            _ => GuardHealth::Waits,
        };
        guards.map(health).max()
    }
}

/// The texts without repetitions.
fn distinct(texts: impl Iterator<Item = String>) -> String {
    let mut distinct = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct.join(", ")
}
