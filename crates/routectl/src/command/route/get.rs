//! `routectl route get`

use ipforward::{Access, Route, RouteWithMetric};

use super::best;
use super::find::find;
use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::CommandOutput;
use crate::spec::{self, GetTarget, PartialKey, RouteArguments};

/// Prints the route with a key, or the route that a packet would take.
pub(super) fn run(
    cli: &Cli,
    arguments: &RouteArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    Ok(match spec::get_target(arguments, &cli.interface_names())? {
        GetTarget::Route(key) => Box::new(by_key(cli, &key)?),
        GetTarget::Best(destination) => Box::new(best::run(cli, &destination)?),
    })
}

fn by_key(cli: &Cli, key: &PartialKey) -> Result<RouteWithMetric, CommandError> {
    let device = super::open(cli, Access::ReadOnly)?;
    let key = find(&device, key)?;
    device
        .get_route(&key)
        .and_then(|route| device.with_metric(route))
        .map_err(|error| {
            let route = Route::new(key.destination, key.interface).via(key.next_hop);
            CommandError::of_route(&device, error, &route)
        })
}
