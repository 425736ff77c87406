//! Lines of a file, and what is said of them.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

const NUMBER: Style = AnsiColor::Yellow.on_default().bold();

/// A line as it is in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: String,
}

/// What is wrong with a line, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) wrong: String,
    pub(super) right: String,
}

/// A line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LineError {
    line: usize,
    text: String,
    wrong: String,
    right: String,
}

/// Something to know of a line, or of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    /// `null` if it is about more than one.
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

    pub(super) fn error(&self, Wrong { wrong, right }: Wrong) -> LineError {
        LineError {
            line: self.number,
            text: self.text.clone(),
            wrong,
            right,
        }
    }

    pub(super) fn note(&self, note: impl Into<String>) -> Note {
        Note {
            line: Some(self.number),
            note: note.into(),
        }
    }
}

impl Wrong {
    pub(super) fn new(wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            right: right.into(),
        }
    }
}

impl LineError {
    pub(super) const fn number(&self) -> usize {
        self.line
    }

    pub(crate) fn write_text(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let Self {
            line,
            text,
            wrong,
            right,
        } = self;
        writeln!(out, "{NUMBER}line {line}{NUMBER:#}: {text}")?;
        writeln!(out, "  {wrong}")?;
        writeln!(out, "  right would be {right}")
    }
}

impl Note {
    pub(super) const fn summary(note: String) -> Self {
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
