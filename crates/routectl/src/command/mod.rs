//! The commands, each in a file of its own.

mod route;
mod version;

use ipforward::{Access, Device};

use crate::arguments::{Arguments, Command, RouteCommand};
use crate::failure::Failure;
use crate::output::Answer;

/// Runs the command and returns what it has to say.
pub(crate) fn run(arguments: &Arguments) -> Result<Box<dyn Answer>, Failure> {
    Ok(match &arguments.command {
        Command::Version => Box::new(version::run(arguments)?),
        Command::Route(RouteCommand::Add(words)) => Box::new(route::add::run(arguments, words)?),
        Command::Route(RouteCommand::Delete(words)) => {
            Box::new(route::delete::run(arguments, words)?)
        }
        Command::Route(RouteCommand::Get(words)) => Box::new(route::get::run(arguments, words)?),
        Command::Route(RouteCommand::Show(filter)) => {
            Box::new(route::show::run(arguments, filter)?)
        }
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
