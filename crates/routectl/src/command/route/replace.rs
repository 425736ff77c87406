//! `routectl route replace`

use ipforward::{Access, Batch, Entry, RouteWithMetric};

use crate::cli::Cli;
use crate::diagnosis::Warning;
use crate::error::{CommandError, report_warnings};
use crate::spec::{self, RouteArguments};

/// Warns of probable mistakes, adds or changes the route, and reads it back.
pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<RouteWithMetric, CommandError> {
    let route = spec::route(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    report_warnings(&Warning::of_route(&device, &route)?, cli.json);
    let outcome = device.apply(&Batch::new().with(Entry::upsert(&route)))?;
    let mut entries = outcome.entries.iter();
    if let Some(failure) = entries.find_map(|entry| entry.failure.as_ref()) {
        return Err(CommandError::of_entry(failure, &route));
    }
    device
        .get_route(&route.key())
        .and_then(|route| device.with_metric(route))
        .map_err(|error| CommandError::of_route(&device, error, &route))
}
