//! `routectl hold`

use ipforward::{Access, Batch};

use super::guard_monitor::GuardMonitor;
use crate::cli::{Cli, HoldArguments};
use crate::error::CommandError;
use crate::output::NoOutput;
use crate::spec;

/// Leases the route and runs the command. The lease ends when this closes the device.
pub(super) fn run(cli: &Cli, arguments: &HoldArguments) -> Result<NoOutput, CommandError> {
    let held = spec::held_route(&arguments.route, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadWrite)?;
    let monitor = GuardMonitor::begin(cli, &device, held.guard);
    let outcome = device
        .apply(&Batch::new().with(held.entry()))
        .map_err(|error| CommandError::of_route(&device, error, &held.route))?;
    let failure = outcome
        .entries
        .first()
        .and_then(|entry| entry.failure.as_ref());
    if let Some(failure) = failure {
        return Err(CommandError::of_entry(failure, &held.route));
    }
    monitor.run(&arguments.command)
}
