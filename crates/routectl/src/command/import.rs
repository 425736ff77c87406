//! `routectl import`

use ipforward::{Access, Batch};

use super::change::{self, ChangePlan};
use crate::cli::{Cli, ImportArguments};
use crate::error::CommandError;
use crate::import;
use crate::output::CommandOutput;

pub(super) fn run(
    cli: &Cli,
    arguments: &ImportArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let file = import::read(&arguments.file, arguments.format)?;
    let device = super::open(cli, Access::ReadWrite)?;
    let (entries, notes) = import::resolve(&device, file, &arguments.map, cli.interface_names())?;
    let plan = ChangePlan {
        batch: entries.into_iter().collect::<Batch>().atomic(),
        file: &arguments.file,
        notes,
    };
    change::run(cli, &arguments.options, &device, plan)
}
