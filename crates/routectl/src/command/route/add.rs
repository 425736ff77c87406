//! `routectl route add`

use ipforward::{Access, RouteWithMetric};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::names::Names;
use crate::words;

/// Adds the route and reads it back, so that the answer is what the stack made of it.
pub(super) fn run(
    arguments: &Arguments,
    words: &RouteArguments,
) -> Result<RouteWithMetric, Failure> {
    let route = words::route(words, &Names::new(arguments))?;
    let device = super::open(arguments, Access::ReadWrite)?;
    device
        .create_route(&route)
        .and_then(|()| device.get_route(&route.key()))
        .and_then(|route| device.with_metric(route))
        .map_err(|error| Failure::about(&device, error, &route))
}
