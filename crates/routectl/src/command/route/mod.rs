//! `routectl route …`

mod add;
mod best;
mod best_route_reason;
mod delete;
mod filter;
mod find;
mod flush;
mod get;
mod replace;
mod route_use;
mod set;
mod show;
mod tree;

use super::open;
use crate::cli::{Cli, RouteCommand};
use crate::error::CommandError;
use crate::output::CommandOutput;
pub(super) use show::ShownRoutes;

/// Runs the command and returns its output.
pub(super) fn run(
    cli: &Cli,
    command: &RouteCommand,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    Ok(match command {
        RouteCommand::Add(route) => Box::new(add::run(cli, route)?),
        RouteCommand::Set(route) => Box::new(set::run(cli, route)?),
        RouteCommand::Replace(route) => Box::new(replace::run(cli, route)?),
        RouteCommand::Flush(filter) => return flush::run(cli, filter),
        RouteCommand::Delete(route) => Box::new(delete::run(cli, route)?),
        RouteCommand::Get(route) => return get::run(cli, route),
        RouteCommand::Show(filter) => Box::new(show::run(cli, filter)?),
    })
}
