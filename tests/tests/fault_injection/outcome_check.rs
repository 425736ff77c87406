//! Checks that the answer to a batch describes what it did.

use ipforward::{Batch, Device, Entry, EntryOutcome, EntryResult, Error, Outcome, Route};
use tests::ScenarioContext;

/// Applies a batch, and checks the answer for each entry.
pub(crate) fn apply(
    context: &ScenarioContext,
    device: &Device,
    batch: &Batch,
) -> Result<Outcome, Error> {
    let before = context.routes();
    let outcome = device.apply(batch);
    context.quiesce();
    if let Ok(outcome) = &outcome {
        check_outcome(context, &before, batch.entries(), outcome);
    } else {
        let nothing = before == context.routes();
        context.require("a batch that is refused does nothing", nothing);
    }
    outcome
}

/// Checks that each entry did what the answer says.
pub(crate) fn check_outcome(
    context: &ScenarioContext,
    before: &[Route],
    entries: &[Entry],
    outcome: &Outcome,
) {
    let after = context.routes();
    for (entry, answer) in entries.iter().zip(&outcome.entries) {
        let (was, is) = (find(before, entry), find(&after, entry));
        context.claim(
            "an entry reports what it did",
            result_holds(entry, answer, was, is),
        );
    }
}

/// True if the entry's result fits the route before and after.
fn result_holds(
    entry: &Entry,
    answer: &EntryOutcome,
    was: Option<Route>,
    is: Option<Route>,
) -> bool {
    match answer.result {
        EntryResult::None | EntryResult::RolledBack => is == was,
        EntryResult::Deleted => is.is_none(),
        // The lease ended, and the driver restored the row that the lease had displaced.
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
