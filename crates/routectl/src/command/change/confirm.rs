//! Confirmation before existing routes are changed or removed.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use super::preview::Summary;
use crate::cli::ChangeArguments;
use crate::input::is_standard_input;

/// True if routectl asks for confirmation: on a terminal, without `--yes`, and if existing routes
/// would change.
pub(super) fn is_due(
    options: &ChangeArguments,
    file: &Path,
    summary: &Summary,
    atomic: bool,
) -> bool {
    let is_interactive = io::stdin().is_terminal() && io::stderr().is_terminal();
    !options.yes && !is_standard_input(file) && is_interactive && summary.is_risky(atomic)
}

/// Asks on the error output. Any answer but yes means no.
pub(super) fn ask(summary: &Summary) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    write!(out, "{} Continue? [y/N] ", summary.question())?;
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
