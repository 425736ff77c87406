//! `routectl export`

use ipforward::RouteProtocol;

use super::route::ShownRoutes;
use crate::cli::{Cli, ExportArguments};
use crate::error::CommandError;

/// The routes that pass the filter, without those that the system adds by itself.
pub(super) fn run(cli: &Cli, arguments: &ExportArguments) -> Result<ShownRoutes, CommandError> {
    let mut routes = ShownRoutes::read(cli, &arguments.filter)?;
    if !arguments.all && arguments.filter.protocol.is_none() {
        routes.retain(|route| route.protocol != RouteProtocol::LOCAL);
    }
    Ok(routes.into_file(cli))
}
