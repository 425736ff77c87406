//! What a check found.

use std::fmt;
use std::path::PathBuf;

/// One place that breaks a rule of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the root of the workspace.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Finding {
    /// A finding in one line of a file.
    pub fn new(file: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            message,
        } = self;
        write!(formatter, "{}:{line}: {message}", file.display())
    }
}

/// All findings as text, a line each, in the order of the files.
#[must_use]
pub fn report(findings: &[Finding]) -> String {
    let mut findings: Vec<_> = findings.iter().collect();
    findings.sort();
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!("{} findings", findings.len()));
    lines.join("\n")
}
