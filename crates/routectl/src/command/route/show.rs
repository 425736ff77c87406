//! `routectl route show`

use ipforward::{Access, AddressFamily, Route};

use crate::arguments::{Arguments, ShowArguments};
use crate::failure::Failure;

/// The table, in the order of destinations: the stack's own order means nothing.
pub(crate) fn run(arguments: &Arguments, filter: &ShowArguments) -> Result<Vec<Route>, Failure> {
    let family = filter
        .family
        .map_or(AddressFamily::UNSPECIFIED, AddressFamily::from);
    let mut routes = super::super::open(arguments, Access::ReadOnly)?.routes(family)?;
    routes.sort_by_key(|route| (route.destination, route.interface.index(), route.metric));
    Ok(routes)
}
