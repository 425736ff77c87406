//! `routectl route flush`

use ipforward::{Access, Batch, Entry, Route, RouteProtocol};

use crate::cli::{ChangeArguments, Cli, FlushArguments};
use crate::command::change::{self, ChangePlan};
use crate::error::CommandError;
use crate::output::CommandOutput;

/// Deletes the routes that pass the filter, after a preview. Routes that the system adds by itself stay
/// unless the filter names their protocol.
pub(super) fn run(
    cli: &Cli,
    arguments: &FlushArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let FlushArguments { filter, .. } = arguments;
    let device = super::open(cli, Access::ReadWrite)?;
    let dev = filter.interface(cli)?;
    let is_deleted = |route: &&Route| {
        filter.passes(route, dev)
            && (route.protocol != RouteProtocol::LOCAL || filter.protocol.is_some())
    };
    let routes = device.routes(filter.table())?;
    let routes = routes.iter().filter(is_deleted);
    let batch: Batch = routes.map(|route| Entry::delete(&route.key())).collect();
    let options = ChangeArguments {
        dry_run: arguments.dry_run,
        yes: arguments.yes,
        ..ChangeArguments::default()
    };
    change::run(cli, &options, &device, ChangePlan::of_command(batch))
}
