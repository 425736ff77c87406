//! Many changes at once: shown first, then made, then told.

mod confirm;
mod pages;
mod preview;
mod report;

use std::path::Path;

use ipforward::batch::EntryChange;
use ipforward::{Batch, Device, Entry, Outcome};

use crate::arguments::{Arguments, ChangeArguments};
use crate::child;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::import::Note;
use crate::output::{self, Answer, Silent};
use preview::{Preview, Summary};
use report::Report;

/// How many entries go in one call.
pub(super) const PAGE: usize = Batch::ENTRIES_MAX as usize;

/// What is to be changed.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// The changes. Of an atomic batch each page is done wholly or not at all.
    pub(super) batch: Batch,
    /// Where they come from.
    pub(super) file: &'a Path,
    /// What to say of lines that the file has.
    pub(super) notes: Vec<Note>,
}

/// Shows what would change, as the driver foresees it, changes it, and runs the command for which
/// leases are held.
///
/// What the driver foresees is for people: it decides nothing, since the network stack is the judge.
pub(super) fn run(
    arguments: &Arguments,
    how: &ChangeArguments,
    device: &Device,
    plan: Plan<'_>,
) -> Result<Box<dyn Answer>, Failure> {
    let batch = leased(plan.batch, how)?;
    let report = |outcome, dry_run| Report {
        batch: batch.clone(),
        outcome,
        notes: plan.notes.clone(),
        dry_run,
    };
    if how.dry_run {
        return Ok(Box::new(report(foresee(device, &batch)?, true)));
    }
    if !arguments.json {
        let foreseen = foresee(device, &batch)?;
        let preview = Preview::new(&batch, &foreseen, &plan.notes);
        output::print(&preview, false).map_err(Failure::Output)?;
        let summary = Summary::of(&foreseen);
        if confirm::is_due(how, plan.file, &summary, batch.is_atomic())
            && !confirm::ask(&summary).map_err(Failure::Output)?
        {
            return Ok(Box::new(Silent(Exit::Refused)));
        }
    }
    let report = report(pages::apply(device, &batch, "applying")?, false);
    if !how.hold || !report.outcome.is_success() {
        return Ok(Box::new(report));
    }
    output::print(&report, arguments.json).map_err(Failure::Output)?;
    // The device stays open, and leases with it, until the command ends.
    child::run(&how.command).map(|exit| Box::new(Silent(exit)) as Box<dyn Answer>)
}

/// What would become of each change. All of them are looked at, also behind one that would fail.
fn foresee(device: &Device, batch: &Batch) -> Result<Outcome, Failure> {
    let alone: Batch = batch.entries().iter().copied().collect();
    pages::apply(device, &alone.dry_run(), "checking")
}

/// The same changes, of routes that are leased if the arguments say so.
fn leased(batch: Batch, how: &ChangeArguments) -> Result<Batch, Failure> {
    if !how.lease && !how.guard {
        return Ok(batch);
    }
    let lease = |entry: &Entry| match entry.change() {
        EntryChange::Delete(key) => Err(Failure::NoLease { key: *key }),
        _ if how.guard => Ok(entry.guard()),
        _ => Ok(entry.lease()),
    };
    let entries = batch.entries().iter().map(lease);
    let leased: Batch = entries
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .collect();
    Ok(if batch.is_atomic() {
        leased.atomic()
    } else {
        leased
    })
}

/// The entries of a batch and what became of them, or would.
fn each<'a>(
    batch: &'a Batch,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (&'a Entry, &'a ipforward::EntryOutcome)> {
    batch.entries().iter().zip(&outcome.entries)
}
