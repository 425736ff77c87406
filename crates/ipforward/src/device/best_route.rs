//! The best route from a stack that wants to be told the interface.

use super::Device;
use crate::best_route::{BestRoute, Destination};
use crate::error::Error;
use crate::metrics::RouteWithMetric;
use crate::reason::Reason;

/// Asks the stack to choose, and chooses among its interfaces if it will not.
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

/// The best of the answers for each interface, or the first refusal if there is none; `None` if
/// there is no interface to ask about.
fn find_among_interfaces(
    device: &Device,
    destination: Destination,
) -> Option<Result<BestRoute, Error>> {
    let interfaces = match device.interfaces(destination.family()) {
        Ok(interfaces) => interfaces,
        Err(error) if is_answer(&error) => return None,
        Err(error) => return Some(Err(error)),
    };
    let mut driver_error = None;
    let mut answers = Vec::new();
    for row in interfaces.iter().filter(|row| row.is_connected()) {
        match device.best_route(destination.interface(row.interface)) {
            Ok(best) => answers.push((RouteWithMetric::new(best.route, Some(row.metric)), best)),
            Err(error) if is_answer(&error) => driver_error = driver_error.or(Some(Err(error))),
            Err(error) => return Some(Err(error)),
        }
    }
    answers
        .into_iter()
        .min_by(|(one, _), (other, _)| one.preference(other))
        .map(|(_, best)| Ok(best))
        .or(driver_error)
}

/// Whether a refusal says that no route leads that way, and not that nobody could look.
fn is_answer(error: &Error) -> bool {
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
