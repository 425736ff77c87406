//! Whether the stack uses a route.

use comfy_table::CellAlignment;
use ipforward::{InterfaceFlags, IpInterface, Route, RouteWithMetric};

use crate::output::table::Column;

/// The column of the reasons.
pub(super) const STATE: Column = ("STATE", CellAlignment::Left);

/// Why the stack does not use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unused {
    /// The interface is not connected.
    Disconnected,
    /// The interface ignores default routes.
    DefaultRoutesDisabled,
    /// Another route to the same prefix has a lower complete metric.
    HigherMetric,
}

impl Unused {
    /// The word in a table.
    pub(super) const fn state(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::DefaultRoutesDisabled => "disabled",
            Self::HigherMetric => "standby",
        }
    }

    /// The name in JSON.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "interface_disconnected",
            Self::DefaultRoutesDisabled => "default_routes_disabled",
            Self::HigherMetric => "higher_metric",
        }
    }

    /// Why the interface of a route does not use it; `None` if it does, or if it is unknown.
    pub(super) fn of_interface(route: &Route, interfaces: &[IpInterface]) -> Option<Self> {
        let interface = interfaces
            .iter()
            .find(|row| row.family == route.family() && row.interface.is_same(route.interface))?;
        let no_defaults = interface
            .flags
            .contains(InterfaceFlags::DISABLE_DEFAULT_ROUTES);
        if !interface.is_connected() {
            Some(Self::Disconnected)
        } else if no_defaults && route.destination.prefix_len() == 0 {
            Some(Self::DefaultRoutesDisabled)
        } else {
            None
        }
    }
}

/// Why the stack does not use each route; `None` for a route in use.
pub(super) fn unused(
    routes: &[RouteWithMetric],
    interfaces: &[IpInterface],
) -> Vec<Option<Unused>> {
    let mut best = std::collections::HashMap::new();
    let of_interface: Vec<_> = routes
        .iter()
        .map(|entry| Unused::of_interface(&entry.route, interfaces))
        .collect();
    for (entry, unused) in routes.iter().zip(&of_interface) {
        if let (None, Some(metric)) = (unused, entry.complete_metric()) {
            let lowest = best.entry(entry.route.destination).or_insert(metric);
            *lowest = metric.min(*lowest);
        }
    }
    let is_beaten = |entry: &RouteWithMetric| {
        let lowest = best.get(&entry.route.destination);
        entry
            .complete_metric()
            .zip(lowest)
            .is_some_and(|(metric, lowest)| metric > *lowest)
    };
    routes
        .iter()
        .zip(of_interface)
        .map(|(entry, unused)| unused.or_else(|| is_beaten(entry).then_some(Unused::HigherMetric)))
        .collect()
}
