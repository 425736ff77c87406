//! `routectl import`

use std::io;

use ipforward::{Access, Batch};

use super::change::{self, ChangePlan, confirm};
use crate::cli::{Cli, ImportArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::import::{self, LineKind, Resolution};
use crate::output::{CommandOutput, NoOutput};

pub(super) fn run(
    cli: &Cli,
    arguments: &ImportArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let file = import::read(&arguments.file, arguments.format, arguments.encoding)?;
    let device = super::open(cli, Access::ReadWrite)?;
    let options = arguments.import_options();
    let mut resolution = import::resolve(&device, file, &options, cli.interface_names())?;
    let Some(left_out) = left_out(cli, arguments, &mut resolution).map_err(CommandError::Output)?
    else {
        return Ok(Box::new(NoOutput(Exit::Usage)));
    };
    let imported = resolution.into_plan()?;
    let kinds = arguments.skipped_kinds();
    let plan = ChangePlan {
        batch: imported.entries.into_iter().collect::<Batch>().atomic(),
        file: Some(&arguments.file),
        notes: imported.notes,
        lines: imported.lines,
        skips_refused: kinds
            .is_some_and(|kinds| kinds.is_empty() || kinds.contains(&LineKind::Refused)),
        left_out,
        left_out_exit: if arguments.skip_exit == "1" {
            Exit::Refused
        } else {
            Exit::Success
        },
        record: None,
    };
    change::run(cli, &arguments.options, &device, plan)
}

/// Leaves out the lines that cannot be imported, if `--skip` or the user says so; returns their
/// number, or `None` if the user says no.
fn left_out(
    cli: &Cli,
    arguments: &ImportArguments,
    resolution: &mut Resolution,
) -> io::Result<Option<usize>> {
    if let Some(kinds) = arguments.skipped_kinds() {
        return Ok(Some(resolution.leave_out(&kinds)));
    }
    let is_asked = confirm::is_interactive(&arguments.options, Some(&arguments.file)) && !cli.json;
    if !is_asked || !resolution.can_leave_out_all() {
        return Ok(Some(0));
    }
    Ok(if confirm::ask_to_leave_out(resolution.rejected())? {
        Some(resolution.leave_out(&[]))
    } else {
        None
    })
}
