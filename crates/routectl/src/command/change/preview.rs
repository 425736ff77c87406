//! Changes, expected or made, one line a route.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::{Batch, Entry, EntryOutcome, EntryResult, Outcome, Reason};

use super::each;
use crate::import::Note;
use crate::output::{CommandOutput, write_json};

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const REFUSED: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = Style::new().dimmed();

/// The effect of an entry on its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Added,
    Changed,
    Removed,
    Equal,
    Refused,
    /// The entry was not attempted, or was rolled back.
    None,
}

impl Effect {
    pub(super) fn of(outcome: &EntryOutcome) -> Self {
        match (outcome.failure, outcome.result) {
            (Some(failure), _) if failure.driver_error.reason() == Reason::NotDone => Self::None,
            (Some(_), _) => Self::Refused,
            (None, EntryResult::Created) => Self::Added,
            (None, EntryResult::Replaced | EntryResult::Changed) => Self::Changed,
            (None, EntryResult::Deleted) => Self::Removed,
            (None, EntryResult::Unchanged) => Self::Equal,
            (None, _) => Self::None,
        }
    }
}

/// The numbers of routes by effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Summary {
    added: usize,
    changed: usize,
    removed: usize,
    equal: usize,
    refused: usize,
}

impl Summary {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let mut summary = Self::default();
        for entry in &outcome.entries {
            match Effect::of(entry) {
                Effect::Added => summary.added += 1,
                Effect::Changed => summary.changed += 1,
                Effect::Removed => summary.removed += 1,
                Effect::Equal => summary.equal += 1,
                Effect::Refused => summary.refused += 1,
                Effect::None => {}
            }
        }
        summary
    }

    /// True if existing routes would change, or an atomic batch would fail.
    pub(super) const fn is_risky(&self, atomic: bool) -> bool {
        self.changed + self.removed > 0 || (atomic && self.refused > 0)
    }

    /// The sentences before the question.
    pub(super) fn question(&self) -> String {
        let sentence = |count, effect| match count {
            0 => None,
            1 => Some(format!("1 route would be {effect}.")),
            _ => Some(format!("{count} routes would be {effect}.")),
        };
        let sentences = [
            sentence(self.changed, "changed"),
            sentence(self.removed, "removed"),
            sentence(self.refused, "refused"),
        ];
        sentences
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            added,
            changed,
            removed,
            equal,
            refused,
        } = self;
        write!(
            formatter,
            "{added} added, {changed} changed, {removed} removed, {equal} equal"
        )?;
        match refused {
            0 => Ok(()),
            _ => write!(formatter, ", {refused} refused"),
        }
    }
}

/// The expected changes.
pub(super) struct Preview<'a> {
    batch: &'a Batch,
    expected: &'a Outcome,
    notes: &'a [Note],
}

impl<'a> Preview<'a> {
    pub(super) const fn new(batch: &'a Batch, expected: &'a Outcome, notes: &'a [Note]) -> Self {
        Self {
            batch,
            expected,
            notes,
        }
    }
}

impl CommandOutput for Preview<'_> {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        write_notes(out, self.notes)?;
        for (entry, outcome) in each(self.batch, self.expected) {
            write_line(out, entry, outcome)?;
        }
        writeln!(out, "preview: {}", Summary::of(self.expected))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &Summary::of(self.expected))
    }
}

/// Writes notes about the lines of a file.
pub(super) fn write_notes(out: &mut dyn Write, notes: &[Note]) -> io::Result<()> {
    notes
        .iter()
        .try_for_each(|note| writeln!(out, "{NOTE}note: {note}{NOTE:#}"))
}

/// Writes one change; nothing for an unchanged route.
pub(super) fn write_line(
    out: &mut dyn Write,
    entry: &Entry,
    outcome: &EntryOutcome,
) -> io::Result<()> {
    let route = entry.route();
    match Effect::of(outcome) {
        Effect::Added => writeln!(out, "{ADDED}+ {route:#}{ADDED:#}"),
        Effect::Changed => {
            write!(out, "{CHANGED}~ {}", route.key())?;
            let changes = outcome.old.map(|old| old.differences(&route));
            for (old, new) in changes.into_iter().flatten() {
                write!(out, " {} {} → {}", old.keyword, old.value, new.value)?;
            }
            writeln!(out, "{CHANGED:#}")
        }
        Effect::Removed => {
            let removed = outcome.old.unwrap_or(route);
            writeln!(out, "{REMOVED}- {removed}{REMOVED:#}")
        }
        Effect::Refused => match outcome.failure {
            Some(failure) => {
                let (key, driver_error) = (route.key(), failure.driver_error);
                writeln!(out, "{REFUSED}! {key}: {driver_error}{REFUSED:#}")
            }
            None => Ok(()),
        },
        Effect::Equal | Effect::None => Ok(()),
    }
}
