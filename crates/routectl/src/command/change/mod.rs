//! Many changes at once: preview, confirmation, changes and report.

pub(super) mod confirm;
mod effect;
mod failures;
mod kept_outcomes;
mod markdown;
mod pages;
mod preview;
mod refused;
mod report;

use std::path::Path;

use ipforward::{Batch, Device, Entry, EntryChange};

use super::guard_monitor::GuardMonitor;
use crate::cli::{ChangeArguments, Cli};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::import::{Line, Note};
use crate::output::{self, CommandOutput, NoOutput, TextOutput};
use crate::owner::OwnerRecord;
use failures::Failures;
use kept_outcomes::KeptOutcomes;
use markdown::MarkdownPreview;
use pages::AppliedBatch;
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

    /// The report on the changes.
    fn report(
        self,
        applied: AppliedBatch,
        outcomes: KeptOutcomes,
        failures: Failures,
    ) -> BatchReport {
        BatchReport {
            batch: self.batch,
            applied,
            outcomes,
            failures,
            notes: self.notes,
            left_out: self.left_out,
            left_out_exit: self.left_out_exit,
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
    if options.dry_run {
        return dry_run(cli, options, device, plan);
    }
    if !cli.json {
        let mut out = TextOutput::begin();
        let expected = preview::print(&mut out, device, &plan.batch, &plan.notes, |_, _| Ok(()))?;
        let summary = expected.summary;
        out.write(|out| writeln!(out, "preview: {summary}"))
            .map_err(CommandError::Output)?;
        if confirm::is_due(options, plan.file, &summary, plan.batch.is_atomic())
            && !confirm::ask(&summary).map_err(CommandError::Output)?
        {
            return Ok(Box::new(NoOutput(Exit::Refused)));
        }
    }
    let guarded = options.hold && plan.batch.entries().iter().any(Entry::is_guarded);
    let monitor = GuardMonitor::begin(cli, device, guarded);
    if let Some(record) = &plan.record {
        record.begin(&plan.batch)?;
    }
    let (mut outcomes, mut failures) = (KeptOutcomes::default(), Failures::default());
    let applied = pages::apply(device, &plan.batch, |entries, page| {
        if cli.json {
            outcomes.extend(page);
            return Ok(());
        }
        failures.add_page(entries, page)
    })?;
    let is_success = applied.outcome.is_success();
    if let (Some(record), true) = (&plan.record, is_success) {
        record.finish(device, &plan.batch)?;
    }
    let report = plan.report(applied, outcomes, failures);
    if !options.hold || !is_success {
        return Ok(Box::new(report));
    }
    output::print(&report, cli.json).map_err(CommandError::Output)?;
    // The device stays open, and leases with it, until the command ends.
    let output = monitor.run(&options.command)?;
    Ok(Box::new(output))
}

/// Shows what the changes would do.
fn dry_run(
    cli: &Cli,
    options: &ChangeArguments,
    device: &Device,
    plan: ChangePlan<'_>,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let (mut outcomes, mut failures) = (KeptOutcomes::default(), Failures::default());
    if cli.json || options.markdown {
        let expected = pages::dry_run(device, &plan.batch, |entries, page| {
            outcomes.extend(page);
            failures.add_page(entries, page)
        })?;
        let report = plan.report(expected, outcomes, failures);
        return Ok(if options.markdown {
            Box::new(MarkdownPreview(report))
        } else {
            Box::new(report)
        });
    }
    let mut out = TextOutput::begin();
    let expected = preview::print(
        &mut out,
        device,
        &plan.batch,
        &plan.notes,
        |entries, page| failures.add_page(entries, page),
    )?;
    Ok(Box::new(plan.report(expected, outcomes, failures)))
}

/// The same changes, with leases if the options ask for them.
fn leased(batch: Batch, options: &ChangeArguments) -> Result<Batch, CommandError> {
    if !options.lease && !options.guard {
        return Ok(batch);
    }
    let lease = |entry: Entry| match entry.change() {
        EntryChange::Delete(key) => Err(CommandError::LeaseOfDeletion { key: *key }),
        _ if options.guard => Ok(entry.guard()),
        _ => Ok(entry.lease()),
    };
    let is_atomic = batch.is_atomic();
    let entries = batch.into_entries().into_iter().map(lease);
    let leased = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(batch_of(leased, is_atomic))
}

fn batch_of(entries: Vec<Entry>, is_atomic: bool) -> Batch {
    let batch: Batch = entries.into_iter().collect();
    if is_atomic { batch.atomic() } else { batch }
}
