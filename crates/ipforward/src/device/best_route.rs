//! The best route, also from a stack that needs an interface for the search.

use super::Device;
use crate::best_route::{BestRoute, Destination};
use crate::error::Error;
use crate::metrics::RouteWithMetric;
use crate::reason::Reason;

/// Lets the stack choose; if it needs an interface, searches on each.
pub(super) fn find(device: &Device, destination: Destination) -> Result<BestRoute, Error> {
    match device.best_route(destination) {
        Err(error)
            if destination.interface.is_none()
                && error.reason() == Some(Reason::InvalidParameter) =>
        {
            find_among_interfaces(device, destination).unwrap_or(Err(error))
        }
        answer => answer,
    }
}

/// The best of the results for each interface, or the first error if no interface has a route;
/// `None` if there is no interface.
fn find_among_interfaces(
    device: &Device,
    destination: Destination,
) -> Option<Result<BestRoute, Error>> {
    let interfaces = match device.interfaces(destination.family()) {
        Ok(interfaces) => interfaces,
        Err(error) if is_no_route(&error) => return None,
        Err(error) => return Some(Err(error)),
    };
    let mut first_error = None;
    let mut answers = Vec::new();
    for row in interfaces.iter().filter(|row| row.is_connected()) {
        match device.best_route(destination.interface(row.interface)) {
            Ok(best) => answers.push((RouteWithMetric::new(best.route, Some(row.metric)), best)),
            Err(error) if is_no_route(&error) => first_error = first_error.or(Some(Err(error))),
            Err(error) => return Some(Err(error)),
        }
    }
    answers
        .into_iter()
        .min_by(|(one, _), (other, _)| one.preference(other))
        .map(|(_, best)| Ok(best))
        .or(first_error)
}

/// True if the error means "no route", and not that the search itself failed.
fn is_no_route(error: &Error) -> bool {
    matches!(
        error.reason(),
        Some(
            Reason::InvalidParameter
                | Reason::NotFound
                | Reason::NotSupported
                | Reason::Unreachable
        )
    )
}
