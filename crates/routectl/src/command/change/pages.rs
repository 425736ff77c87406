//! Applying a batch of any size, or trying it.

use std::io;

use ipforward::{Batch, Device, Entry, EntryOutcome, Error, Outcome};

use super::effect::Summary;
use crate::error::CommandError;
use crate::progress::RouteBar;

/// What became of a batch, or would become of it.
#[derive(Debug)]
pub(super) struct AppliedBatch {
    /// The outcome of the whole, without its entries.
    pub(super) outcome: Outcome,
    pub(super) summary: Summary,
}

/// Applies a batch page by page. `page` gets the entries of each page and their outcomes, which are
/// not kept.
pub(super) fn apply(
    device: &Device,
    batch: &Batch,
    page: impl FnMut(&[Entry], &[EntryOutcome]) -> io::Result<()>,
) -> Result<AppliedBatch, CommandError> {
    let bar = RouteBar::new("applying", batch.entries().len());
    let apply = |take: TakePage<'_>| device.apply_pages(batch, take);
    run(&bar, apply, page)
}

/// As [`apply`], with the expected outcome of each change, also of those after one that would fail.
pub(super) fn dry_run(
    device: &Device,
    batch: &Batch,
    page: impl FnMut(&[Entry], &[EntryOutcome]) -> io::Result<()>,
) -> Result<AppliedBatch, CommandError> {
    let bar = RouteBar::new("checking", batch.entries().len());
    let dry_run = |take: TakePage<'_>| device.dry_run_pages(batch, take);
    run(&bar, dry_run, page)
}

type TakePage<'a> = &'a mut dyn FnMut(&[Entry], &[EntryOutcome]);

fn run(
    bar: &RouteBar,
    call: impl FnOnce(TakePage<'_>) -> Result<Outcome, Error>,
    mut page: impl FnMut(&[Entry], &[EntryOutcome]) -> io::Result<()>,
) -> Result<AppliedBatch, CommandError> {
    let mut summary = Summary::default();
    let mut written = Ok(());
    let outcome = call(&mut |entries, outcomes| {
        for outcome in outcomes {
            summary.count(outcome);
        }
        if written.is_ok() {
            written = bar.behind(|| page(entries, outcomes));
        }
        bar.set_done(summary.routes());
    })?;
    written.map_err(CommandError::Output)?;
    Ok(AppliedBatch { outcome, summary })
}
