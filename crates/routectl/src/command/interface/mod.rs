//! The commands of `routectl interface`.

mod set;
mod show;

use crate::cli::{Cli, InterfaceCommand};
use crate::error::CommandError;
use crate::output::CommandOutput;

pub(super) fn run(
    cli: &Cli,
    command: &InterfaceCommand,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    Ok(match command {
        InterfaceCommand::Show(filter) => Box::new(show::run(cli, filter)?),
        InterfaceCommand::Set(settings) => Box::new(set::run(cli, settings)?),
        InterfaceCommand::Hold(held) => Box::new(set::hold(cli, held)?),
    })
}
