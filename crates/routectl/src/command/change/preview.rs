//! The expected changes, one line a route.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ipforward::{Batch, Device, Entry, EntryOutcome};

use super::effect::Effect;
use super::pages::{self, AppliedBatch};
use crate::error::CommandError;
use crate::import::Note;
use crate::output::TextOutput;

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const REFUSED: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = Style::new().dimmed();

/// Prints the notes, and the expected changes, each page when it is known. `take` gets each page first.
pub(super) fn print(
    out: &mut TextOutput,
    device: &Device,
    batch: &Batch,
    notes: &[Note],
    mut take: impl FnMut(&[Entry], &[EntryOutcome]) -> io::Result<()>,
) -> Result<AppliedBatch, CommandError> {
    out.write(|out| write_notes(out, notes))
        .map_err(CommandError::Output)?;
    pages::dry_run(device, batch, |entries, outcomes| {
        take(entries, outcomes)?;
        let mut changes = entries.iter().zip(outcomes);
        out.write(|out| changes.try_for_each(|(entry, outcome)| write_line(out, entry, outcome)))
    })
}

/// Writes notes about the lines of a file.
fn write_notes(out: &mut dyn Write, notes: &[Note]) -> io::Result<()> {
    notes
        .iter()
        .try_for_each(|note| writeln!(out, "{NOTE}note: {note}{NOTE:#}"))
}

/// Writes one change; nothing for an unchanged route.
fn write_line(out: &mut dyn Write, entry: &Entry, outcome: &EntryOutcome) -> io::Result<()> {
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
        Effect::Refused => match &outcome.failure {
            Some(failure) => {
                let (key, driver_error) = (route.key(), failure.driver_error);
                writeln!(out, "{REFUSED}! {key}: {driver_error}{REFUSED:#}")
            }
            None => Ok(()),
        },
        Effect::Equal | Effect::None => Ok(()),
    }
}
