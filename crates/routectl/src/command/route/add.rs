//! `routectl route add`

use ipforward::{Access, RouteWithMetric};

use crate::cli::Cli;
use crate::error::CommandError;
use crate::spec::{self, RouteArguments};

/// Adds the route and reads it back: the stack may have changed it.
pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<RouteWithMetric, CommandError> {
    let route = spec::route(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    device
        .create_route(&route)
        .and_then(|()| device.get_route(&route.key()))
        .and_then(|route| device.with_metric(route))
        .map_err(|error| CommandError::of_route(&device, error, &route))
}
