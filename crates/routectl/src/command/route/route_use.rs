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

/// Finds why the stack does not use each of the routes, which are sorted by destination; `None` for a
/// route in use.
pub(super) fn find_unused(
    routes: &mut [(RouteWithMetric, Option<Unused>)],
    interfaces: &[IpInterface],
) {
    for (entry, unused) in &mut *routes {
        *unused = Unused::of_interface(&entry.route, interfaces);
    }
    for same in
        routes.chunk_by_mut(|(one, _), (other, _)| one.route.destination == other.route.destination)
    {
        let usable = same.iter().filter(|(_, unused)| unused.is_none());
        let Some(lowest) = usable
            .filter_map(|(entry, _)| entry.complete_metric())
            .min()
        else {
            continue;
        };
        for (entry, unused) in same {
            let is_beaten = entry
                .complete_metric()
                .is_some_and(|metric| metric > lowest);
            if unused.is_none() && is_beaten {
                *unused = Some(Unused::HigherMetric);
            }
        }
    }
}
