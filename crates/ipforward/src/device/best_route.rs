//! The best route, found on each interface: kernel callers must name one.

use super::Device;
use crate::best_route::{BestRoute, Destination};
use crate::error::Error;
use crate::metrics::RouteWithMetric;
use crate::reason::Reason;

/// Searches on each interface. If the stack lists none, lets it choose.
pub(super) fn find(device: &Device, destination: Destination) -> Result<BestRoute, Error> {
    if destination.interface.is_some() {
        return device.best_route(destination);
    }
    find_among_interfaces(device, destination).unwrap_or_else(|| device.best_route(destination))
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
