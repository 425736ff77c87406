//! `routectl route set`

use ipforward::{Access, Error, Route, RouteWithMetric};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::names::Names;
use crate::words;

/// Reads the route, changes it and reads it back: what is not said stays as it was.
pub(super) fn run(
    arguments: &Arguments,
    words: &RouteArguments,
) -> Result<RouteWithMetric, Failure> {
    let (key, members) = words::change(words, &Names::new(arguments))?;
    let device = super::open(arguments, Access::ReadWrite)?;
    let new = Route::new(key.destination, key.interface).via(key.next_hop);
    let failure = |error: Error, wanted| Failure::about(&device, error, wanted);
    let wanted = match device.get_route(&key) {
        Ok(route) => members.put_on(route),
        Err(error) => return Err(failure(error, &members.put_on(new))),
    };
    device
        .set_route(&wanted)
        .and_then(|()| device.get_route(&key))
        .and_then(|route| device.with_metric(route))
        .map_err(|error| failure(error, &wanted))
}
