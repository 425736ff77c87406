//! `routectl route add`

use ipforward::{Access, RouteWithMetric};

use crate::cli::Cli;
use crate::diagnosis::Warning;
use crate::error::{CommandError, report_warnings};
use crate::spec::{self, RouteArguments};

/// Warns of probable mistakes, adds the route and reads it back: the stack may have changed it.
pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<RouteWithMetric, CommandError> {
    let route = spec::route(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    report_warnings(&Warning::of_route(&device, &route)?, cli.json);
    device
        .create_route(&route)
        .and_then(|()| device.get_route(&route.key()))
        .and_then(|route| device.with_metric(route))
        .map_err(|error| CommandError::of_route(&device, error, &route))
}
