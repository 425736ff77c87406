//! The identity of a route, as a key of maps, and copies of the table that are such maps.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipforward::{EventKind, IpNet, NextHop, Route, RouteKey};

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

impl From<&Route> for RouteId {
    fn from(route: &Route) -> Self {
        Self::from(&route.key())
    }
}

/// Brings a copy of the table up to date with an event.
pub(super) fn follow_event(routes: &mut BTreeMap<RouteId, Route>, kind: &EventKind) {
    match kind {
        EventKind::Removed(key) => {
            routes.remove(&RouteId::from(key));
        }
        EventKind::Added(row) | EventKind::Changed(row) => match kind.route() {
            Some(route) => drop(routes.insert(RouteId::from(route), *route)),
            None => drop(routes.remove(&RouteId::from(row))),
        },
        // A route that a guard restores has an event of its addition, too.
        _ => {}
    }
}
