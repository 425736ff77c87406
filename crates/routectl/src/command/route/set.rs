//! `routectl route set`

use ipforward::{Access, Error, Route, WeighedRoute};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::words;

/// Reads the route, changes it and reads it back: what is not said stays as it was.
pub(super) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<WeighedRoute, Failure> {
    let (key, metric) = words::change(words)?;
    let device = super::open(arguments, Access::ReadWrite)?;
    let wanted = Route::new(key.destination, key.interface)
        .via(key.next_hop)
        .metric(metric);
    let failure = |error: Error| Failure::about(&device, error, &wanted);
    let changed = device.get_route(&key).map_err(failure)?.metric(metric);
    device
        .set_route(&changed)
        .and_then(|()| device.get_route(&key))
        .and_then(|route| device.weigh(route))
        .map_err(failure)
}
