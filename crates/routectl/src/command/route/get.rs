//! `routectl route get`

use ipforward::{Access, Route, RouteKey, RouteWithMetric};

use super::best;
use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::names::Names;
use crate::output::Answer;
use crate::words::{self, Wanted};

/// One route by its keys, or the one that a packet would take.
pub(super) fn run(
    arguments: &Arguments,
    words: &RouteArguments,
) -> Result<Box<dyn Answer>, Failure> {
    Ok(match words::wanted(words, &Names::new(arguments))? {
        Wanted::Route(key) => Box::new(exact(arguments, &key)?),
        Wanted::Best(destination) => Box::new(best::run(arguments, &destination)?),
    })
}

fn exact(arguments: &Arguments, key: &RouteKey) -> Result<RouteWithMetric, Failure> {
    let device = super::open(arguments, Access::ReadOnly)?;
    device
        .get_route(key)
        .and_then(|route| device.with_metric(route))
        .map_err(|error| {
            let route = Route::new(key.destination, key.interface).via(key.next_hop);
            Failure::about(&device, error, &route)
        })
}
