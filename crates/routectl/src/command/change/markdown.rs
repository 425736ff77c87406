//! The preview as a Markdown table, for a ticket or a pull request.

use std::io::{self, Write};

use ipforward::{Entry, EntryFailure, EntryOutcome, Route};

use super::effect::Effect;
use super::report::BatchReport;
use crate::diagnosis::RouteDiagnosis;
use crate::exit::Exit;
use crate::output::CommandOutput;

const HEADER: [&str; 5] = ["change", "destination", "next hop", "dev", "details"];

/// Characters that Markdown gives a meaning inside a line.
const SPECIAL: &str = r"\`*_[]<>|&~#!";

/// The expected outcome of many changes, in Markdown.
pub(super) struct MarkdownPreview(pub(super) BatchReport);

impl CommandOutput for MarkdownPreview {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self(report) = self;
        for note in &report.notes {
            writeln!(out, "- {}", escaped(&note.to_string()))?;
        }
        if !report.notes.is_empty() {
            writeln!(out)?;
        }
        let mut rows = report.each().filter_map(cells).peekable();
        if rows.peek().is_some() {
            write_row(out, &HEADER.map(str::to_owned))?;
            write_row(out, &HEADER.map(|_| "---".to_owned()))?;
            for row in rows {
                write_row(out, &row.map(|cell| escaped(&cell)))?;
            }
            writeln!(out)?;
        }
        report.write_verdict(out)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.write_json(out)
    }

    fn exit(&self) -> Exit {
        self.0.exit()
    }
}

fn write_row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    writeln!(out, "| {} |", cells.join(" | "))
}

/// The cells of a change; `None` for an unchanged route.
fn cells((entry, outcome): (&Entry, EntryOutcome)) -> Option<[String; 5]> {
    let route = entry.route();
    let (change, details) = match Effect::of(&outcome) {
        Effect::Added => ("added", members(&route)),
        Effect::Changed => ("changed", differences(&outcome, &route)),
        Effect::Removed => ("removed", members(&outcome.old.unwrap_or(route))),
        Effect::Refused => ("refused", refusal(outcome.failure.as_ref()?, &route)),
        Effect::Equal | Effect::None => return None,
    };
    Some([
        change.to_owned(),
        route.destination.to_string(),
        route.next_hop.to_string(),
        route.interface.to_string(),
        details,
    ])
}

/// The metric, and the other members that are not those of a new route.
fn members(route: &Route) -> String {
    let new = Route::new(route.destination, route.interface);
    let members = route.members().into_iter().zip(new.members());
    let members = members.filter(|(member, new)| member != new || member.keyword == "metric");
    let members: Vec<_> = members
        .map(|(member, _)| format!("{} {}", member.keyword, member.value))
        .collect();
    members.join(", ")
}

fn differences(outcome: &EntryOutcome, route: &Route) -> String {
    let differences = outcome.old.map(|old| old.differences(route));
    let differences = differences.into_iter().flatten();
    let differences: Vec<_> = differences
        .map(|(old, new)| format!("{} {} → {}", old.keyword, old.value, new.value))
        .collect();
    differences.join(", ")
}

fn refusal(failure: &EntryFailure, route: &Route) -> String {
    let driver_error = failure.driver_error;
    if failure.diagnosis.is_fault() {
        let cause = RouteDiagnosis::of_driver(failure.diagnosis, *route);
        return format!("{driver_error}: {cause}");
    }
    driver_error.to_string()
}

/// The text on one line, in which Markdown finds no markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if SPECIAL.contains(letter) {
            escaped.push('\\');
        }
        escaped.push(if letter.is_control() { ' ' } else { letter });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_end_a_cell_or_begin_markup() {
        assert_eq!(escaped("a|b\nc"), r"a\|b c");
        assert_eq!(escaped(r"\| `x` *y* _z_"), r"\\\| \`x\` \*y\* \_z\_");
        assert_eq!(escaped("<b>[x](y)&lt;"), r"\<b\>\[x\](y)\&lt;");
        assert_eq!(escaped("metric 5 → 6"), "metric 5 → 6");
    }
}
