//! `routectl apply`

use ipforward::{Access, Batch};

use super::change::{self, ChangePlan};
use super::repeated_routes;
use crate::cli::{ApplyArguments, Cli};
use crate::error::CommandError;
use crate::output::CommandOutput;
use crate::owner::OwnerRecord;
use crate::spec::{RouteFileError, read_route_file};

pub(super) fn run(
    cli: &Cli,
    arguments: &ApplyArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let ApplyArguments {
        file,
        atomic,
        owner,
        prune,
        options,
    } = arguments;
    let names = cli.interface_names();
    let entries = read_route_file(file, options.hold, &names)?;
    let (mut entries, notes) = repeated_routes::leave_out(entries);
    let record = owner.as_ref().map(|owner| OwnerRecord::read(owner, &names));
    let record = record.transpose()?;
    let device = super::open(cli, Access::ReadWrite)?;
    if let (Some(record), true) = (&record, *prune) {
        entries.extend(record.pruned(&device, &entries)?);
    }
    let count = entries.len();
    if *atomic && count > change::PAGE {
        return Err(RouteFileError::NotAtomic { count }.into());
    }
    let mut batch: Batch = entries.into_iter().collect();
    if *atomic {
        batch = batch.atomic();
    }
    let plan = ChangePlan {
        file: Some(file),
        notes,
        record,
        ..ChangePlan::of_command(batch)
    };
    change::run(cli, options, &device, plan)
}
