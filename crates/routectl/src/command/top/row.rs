//! One route on the screen, with its owners and guards.

use std::collections::BTreeMap;

use ipforward::{GuardState, LeaseInfo, Route};

use crate::command::interface_states::InterfaceStates;
use crate::command::leases::guard_text;
use crate::command::route_id::RouteId;

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
    /// True if the interface has no link: the stack does not use the route.
    pub(super) is_disconnected: bool,
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
    pub(super) fn all(
        routes: &BTreeMap<RouteId, Route>,
        leases: &[TopLease],
        interfaces: &InterfaceStates,
    ) -> Vec<Self> {
        let of = |route: Route, exists| Self {
            route,
            exists,
            is_disconnected: interfaces.is_disconnected(route.interface, route.family()),
            leases: Vec::new(),
        };
        let mut rows: BTreeMap<RouteId, Self> = routes
            .iter()
            .map(|(id, route)| (*id, of(*route, true)))
            .collect();
        for lease in leases {
            let id = RouteId::from(&lease.route);
            let row = rows.entry(id).or_insert_with(|| of(lease.route, false));
            row.leases.push(*lease);
        }
        rows.into_values().collect()
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.leases.iter().any(|lease| lease.guard.is_some())
    }

    /// The interface, and whether it has no link.
    pub(super) fn interface(&self) -> String {
        let link = if self.is_disconnected { " down" } else { "" };
        format!("{}{link}", self.route.interface)
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
