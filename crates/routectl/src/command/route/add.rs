//! `routectl route add`

use ipforward::{Access, Route};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::words;

/// Adds the route and reads it back, so that the answer is what the stack made of it.
pub(crate) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Route, Failure> {
    let route = words::route(words)?;
    let device = super::super::open(arguments, Access::ReadWrite)?;
    device
        .create_route(&route)
        .and_then(|()| device.get_route(&route.key()))
        .map_err(|error| Failure::about(error, route))
}
