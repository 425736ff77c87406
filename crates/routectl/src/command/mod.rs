//! The commands, each in a file of its own.

mod apply;
mod change;
pub(crate) mod completions;
#[cfg(windows)]
mod device;
mod explain;
mod hold;
mod import;
mod interface;
mod leases;
mod route;
mod statistics;
mod version;
mod watch;

use ipforward::{Access, Device};

use crate::arguments::{Arguments, Command, InterfaceCommand};
use crate::failure::Failure;
use crate::output::Answer;

#[cfg(windows)]
pub(crate) use device::NodeError;

/// Runs the command and returns what it has to say.
pub(crate) fn run(arguments: &Arguments) -> Result<Box<dyn Answer>, Failure> {
    Ok(match &arguments.command {
        Command::Route(command) => return route::run(arguments, command),
        Command::Interface(InterfaceCommand::Show(filter)) => {
            Box::new(interface::run(arguments, filter)?)
        }
        Command::Explain(words) => Box::new(explain::run(arguments, words)?),
        Command::Hold(hold) => Box::new(hold::run(arguments, hold)?),
        Command::Apply(apply) => return apply::run(arguments, apply),
        Command::Import(import) => return import::run(arguments, import),
        Command::Leases => Box::new(leases::run(arguments)?),
        Command::Watch(filter) => Box::new(watch::run(arguments, filter)?),
        Command::Statistics => Box::new(statistics::run(arguments)?),
        #[cfg(windows)]
        Command::Device(command) => Box::new(device::run(*command)?),
        Command::Version => Box::new(version::run(arguments)?),
        Command::Completions { shell } => Box::new(completions::run(*shell)?),
    })
}

/// Opens the device that the arguments name.
fn open(arguments: &Arguments, access: Access) -> Result<Device, Failure> {
    let options = Device::options().access(access);
    match &arguments.device {
        Some(path) => options.open(path),
        None => options.open_default(),
    }
    .map_err(Failure::from)
}
