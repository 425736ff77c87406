//! Lines of a file, with errors and notes.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

const NUMBER: Style = AnsiColor::Yellow.on_default().bold();

/// A line of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: String,
}

/// The kind of a line that cannot be imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LineKind {
    /// A mistake: an invalid prefix, an unknown interface.
    #[default]
    Invalid,
    /// A route that discards packets: `blackhole`, `unreachable`, `prohibit`.
    Discard,
    /// A route of another table, or of a VRF.
    OtherTable,
    /// Correct, and without a counterpart in Windows or in an import.
    Unsupported,
    /// A change that the driver or the network stack refuses.
    Refused,
}

/// Why a line cannot be imported, and what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineError {
    pub(super) kind: LineKind,
    pub(super) error: String,
    pub(super) expected: String,
}

/// A line that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RejectedLine {
    line: usize,
    text: String,
    kind: LineKind,
    error: String,
    expected: String,
}

/// A note about a line or about the whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    /// `null` for the whole file.
    line: Option<usize>,
    note: String,
}

impl Line {
    pub(super) fn new(number: usize, text: &str) -> Self {
        Self {
            number,
            text: text.trim().to_owned(),
        }
    }

    pub(super) fn words(&self) -> Vec<&str> {
        self.text.split_whitespace().collect()
    }

    pub(super) fn reject(&self, error: LineError) -> RejectedLine {
        let LineError {
            kind,
            error,
            expected,
        } = error;
        RejectedLine {
            line: self.number,
            text: self.text.clone(),
            kind,
            error,
            expected,
        }
    }

    /// The note about the line if its change is refused and left out.
    pub(crate) fn refused(&self, reason: &dyn fmt::Display) -> Note {
        self.note(format!("left out `{}`: {reason}", self.text))
    }

    pub(super) fn note(&self, note: impl Into<String>) -> Note {
        Note {
            line: Some(self.number),
            note: note.into(),
        }
    }
}

impl LineError {
    pub(super) fn new(error: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            kind: LineKind::Invalid,
            error: error.into(),
            expected: expected.into(),
        }
    }

    pub(super) fn unsupported(error: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(error, expected).of_kind(LineKind::Unsupported)
    }

    pub(super) fn of_kind(self, kind: LineKind) -> Self {
        Self { kind, ..self }
    }

    /// A keyword that a line has twice.
    pub(super) fn twice(keyword: &str) -> Self {
        Self::new(
            format!("`{keyword}` given twice"),
            format!("one `{keyword}`"),
        )
    }

    /// A route that discards packets.
    pub(super) fn discard(kind: &str) -> Self {
        Self::new(
            format!("Windows has no `{kind}` routes"),
            "a route with an interface; remove the line, or leave it out with --skip",
        )
        .of_kind(LineKind::Discard)
    }
}

/// Stores the value of a keyword; an error if the line had it before.
pub(super) fn set_once<T>(slot: &mut Option<T>, keyword: &str, value: T) -> Result<(), LineError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(LineError::twice(keyword)),
    }
}

impl RejectedLine {
    pub(super) const fn number(&self) -> usize {
        self.line
    }

    /// The note about the line if it is left out.
    pub(super) fn left_out(&self) -> Note {
        let Self {
            line,
            text,
            error,
            expected,
            ..
        } = self;
        Note {
            line: Some(*line),
            note: format!("left out `{text}`: {error}; expected {expected}"),
        }
    }

    pub(super) const fn kind(&self) -> LineKind {
        self.kind
    }

    #[cfg(test)]
    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        write_lines(out, std::slice::from_ref(self))
    }
}

/// The largest number of lines with one error that are written whole.
const WHOLE_MAX: usize = 3;

/// The largest number of further lines of which the number is written.
const NUMBERS_MAX: usize = 8;

/// Writes the lines, those with the same error together: at its first line, and each error once.
pub(crate) fn write_lines(
    out: &mut (impl Write + ?Sized),
    lines: &[RejectedLine],
) -> io::Result<()> {
    let mut order = Vec::<Vec<&RejectedLine>>::new();
    let mut places = HashMap::new();
    for line in lines {
        let place = *places
            .entry((&line.error, &line.expected))
            .or_insert_with(|| {
                order.push(Vec::new());
                order.len() - 1
            });
        order[place].push(line);
    }
    order.iter().try_for_each(|group| write_group(out, group))
}

fn write_group(out: &mut (impl Write + ?Sized), group: &[&RejectedLine]) -> io::Result<()> {
    let Some(first) = group.first() else {
        return Ok(());
    };
    let (whole, more) = group.split_at(group.len().min(WHOLE_MAX));
    for line in whole {
        writeln!(out, "{NUMBER}line {}{NUMBER:#}: {}", line.line, line.text)?;
    }
    if !more.is_empty() {
        let numbers = more.iter().take(NUMBERS_MAX);
        let numbers: Vec<_> = numbers.map(|line| line.line.to_string()).collect();
        let rest = if more.len() > NUMBERS_MAX {
            ", …"
        } else {
            ""
        };
        writeln!(
            out,
            "{NUMBER}and {} more{NUMBER:#}: line {}{rest}",
            more.len(),
            numbers.join(", ")
        )?;
    }
    writeln!(out, "  {}", first.error)?;
    writeln!(out, "  expected {}", first.expected)
}

impl Note {
    pub(crate) const fn of_file(note: String) -> Self {
        Self { line: None, note }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line}: ")?;
        }
        formatter.write_str(&self.note)
    }
}
