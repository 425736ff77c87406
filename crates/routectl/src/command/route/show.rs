//! `routectl route show`

use std::cmp::Ordering;

use ipforward::{Access, NextHop, RouteWithMetric};

use crate::cli::{Cli, ShowArguments};
use crate::error::CommandError;

/// The routes that pass the filter, sorted: the order of the stack has no meaning.
pub(super) fn run(cli: &Cli, filter: &ShowArguments) -> Result<Vec<RouteWithMetric>, CommandError> {
    let names = cli.interface_names();
    let dev = filter.dev.as_deref().map(|name| names.dev(name));
    let dev = dev.transpose()?;
    let device = super::open(cli, Access::ReadOnly)?;
    let mut routes = device.routes_with_metrics(filter.table())?;
    routes.retain(|entry| filter.passes(&entry.route, dev));
    routes.sort_by(order);
    Ok(routes)
}

/// Sorts by destination, then the better route first, then by the rest of the key.
fn order(one: &RouteWithMetric, other: &RouteWithMetric) -> Ordering {
    let key = |entry: &RouteWithMetric| {
        let route = &entry.route;
        let scope_id = match route.next_hop {
            NextHop::Gateway { scope_id, .. } => scope_id,
            NextHop::OnLink => 0,
        };
        (
            route.destination,
            entry.complete_metric().unwrap_or(u64::MAX),
            route.metric,
            route.interface.index(),
            route.interface.luid(),
            route.next_hop.address(),
            scope_id,
        )
    };
    key(one).cmp(&key(other))
}
