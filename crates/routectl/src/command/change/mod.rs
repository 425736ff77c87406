//! Many changes at once: preview, confirmation, changes and report.

pub(super) mod confirm;
mod failures;
mod markdown;
mod pages;
mod preview;
mod refused;
mod report;

use std::path::Path;

use ipforward::EntryChange;
use ipforward::{Batch, Device, Entry, Outcome};

use super::guard_monitor::GuardMonitor;
use crate::cli::{ChangeArguments, Cli};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::import::{Line, Note};
use crate::output::{self, CommandOutput, NoOutput};
use crate::owner::OwnerRecord;
use markdown::MarkdownPreview;
use preview::{Preview, Summary};
use report::BatchReport;

/// The maximum number of entries in one call.
pub(super) const PAGE: usize = Batch::ENTRIES_MAX as usize;

/// The changes to make.
#[derive(Debug)]
pub(super) struct ChangePlan<'a> {
    /// The changes. In an atomic batch each page is atomic.
    pub(super) batch: Batch,
    /// The file with the changes; `None` if the command line has them.
    pub(super) file: Option<&'a Path>,
    /// Notes about lines of the file.
    pub(super) notes: Vec<Note>,
    /// The line of each change; empty if no file of another program has them.
    pub(super) lines: Vec<Line>,
    /// True if the changes that the driver or the network stack refuses are left out.
    pub(super) skips_refused: bool,
    /// The number of lines that cannot be imported and are left out.
    pub(super) left_out: usize,
    /// The exit code on success, if lines were left out.
    pub(super) left_out_exit: Exit,
    /// The record of the routes of an owner, to be updated.
    pub(super) record: Option<OwnerRecord>,
}

impl ChangePlan<'_> {
    /// Changes that the command line describes.
    pub(super) const fn of_command(batch: Batch) -> Self {
        Self {
            batch,
            file: None,
            notes: Vec::new(),
            lines: Vec::new(),
            skips_refused: false,
            left_out: 0,
            left_out_exit: Exit::Success,
            record: None,
        }
    }
}

/// Shows a dry run of the changes, makes them, and runs the command of `--hold`.
///
/// The dry run is only for the user: the network stack decides when the changes are made.
pub(super) fn run(
    cli: &Cli,
    options: &ChangeArguments,
    device: &Device,
    mut plan: ChangePlan<'_>,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    plan.batch = leased(plan.batch, options)?;
    if !refused::leave_out(cli, options, device, &mut plan)? {
        return Ok(Box::new(NoOutput(Exit::Refused)));
    }
    let batch = plan.batch;
    let report = |outcome, dry_run| BatchReport {
        batch: batch.clone(),
        outcome,
        notes: plan.notes.clone(),
        left_out: plan.left_out,
        left_out_exit: plan.left_out_exit,
        dry_run,
    };
    if options.dry_run {
        let report = report(dry_run(device, &batch)?, true);
        return Ok(if options.markdown {
            Box::new(MarkdownPreview(report))
        } else {
            Box::new(report)
        });
    }
    if !cli.json {
        let expected = dry_run(device, &batch)?;
        let preview = Preview::new(&batch, &expected, &plan.notes);
        output::print(&preview, false).map_err(CommandError::Output)?;
        let summary = Summary::of(&expected);
        if confirm::is_due(options, plan.file, &summary, batch.is_atomic())
            && !confirm::ask(&summary).map_err(CommandError::Output)?
        {
            return Ok(Box::new(NoOutput(Exit::Refused)));
        }
    }
    let guarded = options.hold && batch.entries().iter().any(Entry::is_guarded);
    let monitor = GuardMonitor::begin(cli, device, guarded);
    if let Some(record) = &plan.record {
        record.begin(&batch)?;
    }
    let report = report(pages::apply(device, &batch, "applying")?, false);
    if let (Some(record), true) = (&plan.record, report.outcome.is_success()) {
        record.finish(device, &batch)?;
    }
    if !options.hold || !report.outcome.is_success() {
        return Ok(Box::new(report));
    }
    output::print(&report, cli.json).map_err(CommandError::Output)?;
    // The device stays open, and leases with it, until the command ends.
    let output = monitor.run(&options.command)?;
    Ok(Box::new(output))
}

/// The expected outcome of each change, also of those after one that would fail.
fn dry_run(device: &Device, batch: &Batch) -> Result<Outcome, CommandError> {
    let independent: Batch = batch.entries().iter().copied().collect();
    pages::apply(device, &independent.dry_run(), "checking")
}

/// The same changes, with leases if the options ask for them.
fn leased(batch: Batch, options: &ChangeArguments) -> Result<Batch, CommandError> {
    if !options.lease && !options.guard {
        return Ok(batch);
    }
    let lease = |entry: &Entry| match entry.change() {
        EntryChange::Delete(key) => Err(CommandError::LeaseOfDeletion { key: *key }),
        _ if options.guard => Ok(entry.guard()),
        _ => Ok(entry.lease()),
    };
    let entries = batch.entries().iter().map(lease);
    let leased = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(batch_of(leased, batch.is_atomic()))
}

fn batch_of(entries: Vec<Entry>, is_atomic: bool) -> Batch {
    let batch: Batch = entries.into_iter().collect();
    if is_atomic { batch.atomic() } else { batch }
}

/// The entries of a batch with their outcomes.
fn each<'a>(
    batch: &'a Batch,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (&'a Entry, &'a ipforward::EntryOutcome)> {
    batch.entries().iter().zip(&outcome.entries)
}
