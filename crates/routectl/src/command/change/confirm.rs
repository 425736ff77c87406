//! Asking a person before routes that are there are changed or removed.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use super::preview::Summary;
use crate::arguments::ChangeArguments;
use crate::input::is_standard_input;

/// Whether to ask: there is a person to ask who has not answered yet, and something to lose.
/// Scripts are never asked.
pub(super) fn is_due(how: &ChangeArguments, file: &Path, summary: &Summary, atomic: bool) -> bool {
    let is_somebody_there = io::stdin().is_terminal() && io::stderr().is_terminal();
    !how.yes && !is_standard_input(file) && is_somebody_there && summary.is_risky(atomic)
}

/// Asks, on the error output. Anything but yes is no.
pub(super) fn ask(summary: &Summary) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    write!(out, "{} Go on? [y/N] ", summary.question())?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let yes = is_yes(&answer);
    if !yes {
        writeln!(out, "nothing was changed")?;
    }
    Ok(yes)
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_yes_is_no() {
        for yes in ["y\n", "Y\r\n", " yes \n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yess\n", "yes please\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
