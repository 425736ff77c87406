//! `routectl route show`

use std::cmp::Ordering;

use ipforward::{Access, NextHop, RouteWithMetric};

use crate::arguments::{Arguments, ShowArguments};
use crate::failure::Failure;
use crate::names::Names;

/// The routes that pass the filter, in an order that does not depend on the stack's, which means
/// nothing.
pub(super) fn run(
    arguments: &Arguments,
    filter: &ShowArguments,
) -> Result<Vec<RouteWithMetric>, Failure> {
    let names = Names::new(arguments);
    let dev = filter.dev.as_deref().map(|name| names.dev(name));
    let dev = dev.transpose()?;
    let device = super::open(arguments, Access::ReadOnly)?;
    let mut routes = device.routes_with_metrics(filter.table())?;
    routes.retain(|route_with_metric| filter.passes(&route_with_metric.route, dev));
    routes.sort_by(order);
    Ok(routes)
}

/// By destination; the better route first; then by the other keys.
fn order(one: &RouteWithMetric, other: &RouteWithMetric) -> Ordering {
    let key = |route_with_metric: &RouteWithMetric| {
        let route = &route_with_metric.route;
        let scope_id = match route.next_hop {
            NextHop::Gateway { scope_id, .. } => scope_id,
            NextHop::OnLink => 0,
        };
        (
            route.destination,
            route_with_metric.complete_metric().unwrap_or(u64::MAX),
            route.metric,
            route.interface.index(),
            route.interface.luid(),
            route.next_hop.address(),
            scope_id,
        )
    };
    key(one).cmp(&key(other))
}
