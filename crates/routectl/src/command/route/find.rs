//! The existing route that a user means.

use ipforward::{Device, RouteKey};

use crate::error::CommandError;
use crate::spec::PartialKey;

/// The key of the only route that has the given members. With a prefix and an interface, an
/// on-link route is preferred: these members are its whole key.
pub(super) fn find(device: &Device, key: &PartialKey) -> Result<RouteKey, CommandError> {
    let exact = key.exact();
    if let Some(exact) = exact.filter(|_| key.is_whole()) {
        return Ok(exact);
    }
    let mut routes = device.routes(key.family())?;
    routes.retain(|route| route.destination == key.destination);
    let matching: Vec<_> = routes.iter().filter(|route| key.matches(route)).collect();
    let on_link = matching
        .iter()
        .find(|route| key.interface.is_some() && route.next_hop == ipforward::NextHop::OnLink);
    match (on_link, matching.as_slice(), exact) {
        (Some(route), ..) | (None, [route], _) => Ok(route.key()),
        // The stack reports that there is no such route.
        (None, [], Some(exact)) => Ok(exact),
        (None, [], None) => Err(CommandError::NoRoute {
            key: *key,
            candidates: routes,
        }),
        (None, several, _) => Err(CommandError::SeveralRoutes {
            key: *key,
            candidates: several.iter().copied().copied().collect(),
        }),
    }
}
