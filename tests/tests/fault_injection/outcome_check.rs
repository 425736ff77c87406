//! What the answer to a batch says is so.

use ipforward::{Batch, Device, Entry, EntryOutcome, EntryResult, Error, Outcome, Route};
use tests::ScenarioContext;

/// Applies a batch. What it says of each entry is true.
pub(crate) fn apply(
    context: &ScenarioContext,
    device: &Device,
    batch: &Batch,
) -> Result<Outcome, Error> {
    let before = context.routes();
    let outcome = device.apply(batch);
    context.quiesce();
    if let Ok(outcome) = &outcome {
        is_true(context, &before, batch.entries(), outcome);
    } else {
        let nothing = before == context.routes();
        context.require("a batch that is refused does nothing", nothing);
    }
    outcome
}

/// Each entry did what it says.
pub(crate) fn is_true(
    context: &ScenarioContext,
    before: &[Route],
    entries: &[Entry],
    outcome: &Outcome,
) {
    let after = context.routes();
    for (entry, answer) in entries.iter().zip(&outcome.entries) {
        let (was, is) = (find(before, entry), find(&after, entry));
        context.claim(
            "an entry says what it did",
            result_holds(entry, answer, was, is),
        );
    }
}

/// Whether an entry did what it says to the route that was there, or was not.
fn result_holds(
    entry: &Entry,
    answer: &EntryOutcome,
    was: Option<Route>,
    is: Option<Route>,
) -> bool {
    match answer.result {
        EntryResult::None | EntryResult::RolledBack => is == was,
        EntryResult::Deleted => is.is_none(),
        // The end of a lease, by which the row comes back that it displaced.
        EntryResult::Changed if entry.is_leased() => was != is && is.is_some(),
        EntryResult::Created
        | EntryResult::Replaced
        | EntryResult::Changed
        | EntryResult::Unchanged => is.is_some_and(|route| route.metric == entry.route().metric),
        EntryResult::RollbackFailed => is != was,
        other => panic!("{other:?}"),
    }
}

fn find(routes: &[Route], entry: &Entry) -> Option<Route> {
    let wanted = entry.route();
    let is_it = |route: &&Route| {
        (route.destination, route.next_hop) == (wanted.destination, wanted.next_hop)
    };
    routes.iter().find(is_it).copied()
}
