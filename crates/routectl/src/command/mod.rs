//! The commands, one a file.

mod apply;
mod change;
mod child;
pub(crate) mod completions;
#[cfg(windows)]
mod device;
mod event_key;
mod explain;
mod export;
mod guard_monitor;
mod hold;
mod import;
mod interface;
mod interface_states;
mod leases;
mod man;
mod repeated_routes;
mod route;
mod route_id;
mod selftest;
mod statistics;
mod top;
mod version;
mod watch;

use std::time::SystemTime;

use ipforward::{Access, Device};

use crate::cli::{Cli, CliCommand};
use crate::error::CommandError;
use crate::output::CommandOutput;

/// Runs the command and returns its output.
pub(crate) fn run(cli: &Cli) -> Result<Box<dyn CommandOutput>, CommandError> {
    Ok(match &cli.command {
        CliCommand::Route(command) => return route::run(cli, command),
        CliCommand::Interface(command) => return interface::run(cli, command),
        CliCommand::Explain(route) => Box::new(explain::run(cli, route)?),
        CliCommand::Hold(hold) => Box::new(hold::run(cli, hold)?),
        CliCommand::Apply(apply) => return apply::run(cli, apply),
        CliCommand::Import(import) => return import::run(cli, import),
        CliCommand::Export(export) => Box::new(export::run(cli, export)?),
        CliCommand::Leases => Box::new(leases::run(cli)?),
        CliCommand::Watch(filter) => Box::new(watch::run(cli, filter)?),
        CliCommand::Top(arguments) => Box::new(top::run(cli, arguments)?),
        CliCommand::Selftest(arguments) => return selftest::run(cli, arguments),
        CliCommand::Statistics => Box::new(statistics::run(cli)?),
        #[cfg(windows)]
        CliCommand::Device(command) => Box::new(device::run(command)?),
        CliCommand::Version => Box::new(version::run(cli)?),
        CliCommand::Completions { shell } => Box::new(completions::run(*shell)?),
        CliCommand::Man { folder } => Box::new(man::run(folder)?),
    })
}

/// The time, as lines about events have it: in UTC.
fn event_time() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Opens the device of the command line.
fn open(cli: &Cli, access: Access) -> Result<Device, CommandError> {
    let options = Device::options().access(access);
    match &cli.device {
        Some(path) => options.open(path),
        None => options.open_default(),
    }
    .map_err(CommandError::from)
}
