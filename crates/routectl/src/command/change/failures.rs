//! What failed in a batch, on the error output: each error once, with the routes that it is about.

use std::collections::HashMap;
use std::io::{self, Write};

use ipforward::{Batch, Entry, EntryOutcome, Outcome, RouteKey};

use super::each;
use super::preview::Effect;
use crate::error::{CommandError, listed};

/// Routes that failed in the same way.
struct FailureGroup<'a> {
    entry: &'a Entry,
    outcome: &'a EntryOutcome,
    keys: Vec<RouteKey>,
}

/// Writes each refusal and each failed rollback.
pub(super) fn write(out: &mut dyn Write, batch: &Batch, outcome: &Outcome) -> io::Result<()> {
    let mut groups = Vec::<FailureGroup<'_>>::new();
    let mut places = HashMap::new();
    for (entry, outcome) in each(batch, outcome) {
        let mut text = Vec::new();
        write_failure(&mut text, entry, outcome, &[])?;
        if text.is_empty() {
            continue;
        }
        let place = *places.entry(text).or_insert(groups.len());
        if place == groups.len() {
            groups.push(FailureGroup {
                entry,
                outcome,
                keys: Vec::new(),
            });
        }
        groups[place].keys.push(entry.route().key());
    }
    groups
        .iter()
        .try_for_each(|group| write_failure(out, group.entry, group.outcome, &group.keys))
}

/// Writes the failure of an entry, as that of these routes; nothing if it did not fail.
fn write_failure(
    out: &mut dyn Write,
    entry: &Entry,
    outcome: &EntryOutcome,
    keys: &[RouteKey],
) -> io::Result<()> {
    if let (Some(failure), Effect::Refused) = (&outcome.failure, Effect::of(outcome)) {
        CommandError::of_entries(failure, &entry.route(), keys).write_text(out)?;
    }
    match outcome.undo_failure {
        Some(driver_error) => writeln!(out, "rollback failed: {}: {driver_error}", listed(keys)),
        None => Ok(()),
    }
}
