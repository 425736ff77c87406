//! What failed in a batch, on the error output: each error once, with the routes that it is about.

use std::collections::HashMap;
use std::io::{self, Write};

use ipforward::{Entry, EntryOutcome};

use super::effect::Effect;
use crate::error::{CommandError, ListedRoutes};

/// The refusals and the failed rollbacks of a batch, grouped by their texts.
#[derive(Debug, Default)]
pub(super) struct Failures {
    groups: Vec<FailureGroup>,
    /// The place in `groups` of each text, without the routes.
    places: HashMap<Vec<u8>, usize>,
}

/// Routes that failed in the same way.
#[derive(Debug)]
struct FailureGroup {
    entry: Entry,
    outcome: EntryOutcome,
    routes: ListedRoutes,
}

impl Failures {
    /// Adds the failures of the entries of a page.
    pub(super) fn add_page(
        &mut self,
        entries: &[Entry],
        outcomes: &[EntryOutcome],
    ) -> io::Result<()> {
        let mut changes = entries.iter().zip(outcomes);
        changes.try_for_each(|(entry, outcome)| self.add(entry, outcome))
    }

    /// Adds the failure of an entry, if it failed.
    fn add(&mut self, entry: &Entry, outcome: &EntryOutcome) -> io::Result<()> {
        let mut text = Vec::new();
        write_failure(&mut text, entry, outcome, &ListedRoutes::default())?;
        if text.is_empty() {
            return Ok(());
        }
        let place = *self.places.entry(text).or_insert(self.groups.len());
        if place == self.groups.len() {
            self.groups.push(FailureGroup {
                entry: entry.clone(),
                outcome: outcome.clone(),
                routes: ListedRoutes::default(),
            });
        }
        self.groups[place].routes.push(entry.route().key());
        Ok(())
    }

    /// Writes them.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.groups
            .iter()
            .try_for_each(|group| write_failure(out, &group.entry, &group.outcome, &group.routes))
    }
}

/// Writes the failure of an entry, as that of these routes; nothing if it did not fail.
fn write_failure(
    out: &mut dyn Write,
    entry: &Entry,
    outcome: &EntryOutcome,
    routes: &ListedRoutes,
) -> io::Result<()> {
    if let (Some(failure), Effect::Refused) = (&outcome.failure, Effect::of(outcome)) {
        CommandError::of_entries(failure, &entry.route(), routes).write_text(out)?;
    }
    match outcome.undo_failure {
        Some(driver_error) => writeln!(out, "rollback failed: {routes}: {driver_error}"),
        None => Ok(()),
    }
}
