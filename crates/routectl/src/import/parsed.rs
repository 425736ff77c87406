//! The lines of a parsed file.

use std::collections::BTreeMap;

use super::line::{Line, LineError, Note, RejectedLine};
use super::line_change::LineChange;
use super::line_kind::LeftOut;

/// The parsed lines of a file.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) changes: Vec<LineChange>,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<RejectedLine>,
    /// Keywords without a counterpart in Windows, with the number of their uses.
    ignored: BTreeMap<String, usize>,
    /// The numbers of the lines that are understood and left out.
    left_out: BTreeMap<LeftOut, Vec<usize>>,
}

impl Parsed {
    pub(super) fn count_ignored<Word: AsRef<str>>(&mut self, keywords: &[Word]) {
        for keyword in keywords {
            *self.ignored.entry(keyword.as_ref().to_owned()).or_default() += 1;
        }
    }

    /// Leaves out a line that is understood.
    pub(super) fn leave_out(&mut self, line: &Line, kind: LeftOut) {
        self.left_out.entry(kind).or_default().push(line.number);
    }

    #[cfg(test)]
    pub(super) fn left_out(&self, kind: LeftOut) -> usize {
        self.left_out.get(&kind).map_or(0, Vec::len)
    }

    pub(super) fn reject(&mut self, line: &Line, error: LineError) {
        self.errors.push(line.reject(error));
    }

    /// Adds the change of a line, or its error.
    pub(super) fn add(&mut self, line: &Line, change: Result<LineChange, LineError>) {
        match change {
            Ok(change) => self.changes.push(change),
            Err(error) => self.reject(line, error),
        }
    }

    /// True if no line has a route or a command for one.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.errors.is_empty() && !self.has_left_out_routes()
    }

    /// True if lines with routes were understood and left out.
    pub(super) fn has_left_out_routes(&self) -> bool {
        self.left_out.keys().any(|kind| kind.is_route())
    }

    /// Adds notes about everything that was left out or ignored.
    pub(super) fn add_summary(&mut self) {
        for (kind, lines) in &self.left_out {
            if let Some(text) = kind.note() {
                let count = lines.len();
                let listed = if kind.lists_lines() {
                    format!(" (line {})", list(lines))
                } else {
                    String::new()
                };
                self.notes
                    .push(Note::of_file(format!("{text}: {count}{listed}")));
            }
        }
        for (word, count) in &self.ignored {
            self.notes.push(Note::of_file(format!(
                "ignored `{word}`, which Windows does not have: {count}"
            )));
        }
    }
}

/// The first numbers of a list, each once.
fn list(lines: &[usize]) -> String {
    let mut lines = lines.to_vec();
    lines.dedup();
    let shown = lines.iter().take(10).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if lines.len() > 10 {
        text.push_str(", …");
    }
    text
}
