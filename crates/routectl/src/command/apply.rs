//! `routectl apply`

use ipforward::{Access, Batch};

use super::change::{self, ChangePlan};
use crate::cli::{ApplyArguments, Cli};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::CommandOutput;
use crate::spec::{RouteFileError, read_route_file};

pub(super) fn run(
    cli: &Cli,
    arguments: &ApplyArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let ApplyArguments {
        file,
        atomic,
        options,
    } = arguments;
    let entries = read_route_file(file, options.hold, &cli.interface_names())?;
    let count = entries.len();
    if *atomic && count > change::PAGE {
        return Err(RouteFileError::NotAtomic { count }.into());
    }
    let mut batch: Batch = entries.into_iter().collect();
    if *atomic {
        batch = batch.atomic();
    }
    let device = super::open(cli, Access::ReadWrite)?;
    let plan = ChangePlan {
        batch,
        file,
        notes: Vec::new(),
        left_out: 0,
        left_out_exit: Exit::Success,
    };
    change::run(cli, options, &device, plan)
}
