//! `routectl route set`

use ipforward::{Access, Error, Route, RouteWithMetric};

use super::find::find;
use crate::cli::Cli;
use crate::error::CommandError;
use crate::spec::{self, RouteArguments};

/// Reads the route, changes the given members and reads it back.
pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<RouteWithMetric, CommandError> {
    let (key, members) = spec::change(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    let key = find(&device, &key)?;
    let new = Route::new(key.destination, key.interface).via(key.next_hop);
    let command_error = |error: Error, route| CommandError::of_route(&device, error, route);
    let changed = match device.get_route(&key) {
        Ok(route) => members.apply_to(route),
        Err(error) => return Err(command_error(error, &members.apply_to(new))),
    };
    device
        .set_route(&changed)
        .and_then(|()| device.get_route(&key))
        .and_then(|route| device.with_metric(route))
        .map_err(|error| command_error(error, &changed))
}
