//! Leaving out the changes of a file that the driver or the network stack refuses.

use ipforward::Device;

use super::effect::Effect;
use super::{ChangePlan, batch_of, confirm, pages};
use crate::cli::{ChangeArguments, Cli};
use crate::error::CommandError;
use crate::import::Note;

/// Leaves out the changes that a dry run refuses, if the plan or the user says so; false if the user
/// says no. They stay if nothing would remain. A change that only the real call refuses still undoes
/// all others.
pub(super) fn leave_out(
    cli: &Cli,
    options: &ChangeArguments,
    device: &Device,
    plan: &mut ChangePlan<'_>,
) -> Result<bool, CommandError> {
    let is_asked = confirm::is_interactive(options, plan.file) && !cli.json && !options.dry_run;
    if plan.lines.is_empty() || !plan.skips_refused && !is_asked {
        return Ok(true);
    }
    let (mut kept, mut notes) = (Vec::new(), Vec::new());
    let mut lines = plan.lines.iter();
    pages::dry_run(device, &plan.batch, |entries, outcomes| {
        for ((entry, outcome), line) in entries.iter().zip(outcomes).zip(&mut lines) {
            match &outcome.failure {
                Some(failure) if Effect::of(outcome) == Effect::Refused => {
                    notes.push(line.refused(&failure.driver_error));
                }
                _ => kept.push(entry.clone()),
            }
        }
        Ok(())
    })?;
    let count = notes.len();
    if count == 0 || kept.is_empty() {
        return Ok(true);
    }
    if !plan.skips_refused
        && !confirm::ask_to_leave_out_refused(&notes).map_err(CommandError::Output)?
    {
        return Ok(false);
    }
    plan.batch = batch_of(kept, plan.batch.is_atomic());
    plan.notes.extend(notes);
    plan.notes.push(Note::of_file(format!(
        "left out changes that are refused: {count}"
    )));
    plan.left_out += count;
    Ok(true)
}
