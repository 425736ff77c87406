//! Confirmation before existing routes are changed or removed.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use super::effect::Summary;
use crate::cli::ChangeArguments;
use crate::import::{Note, RejectedLine, write_lines};
use crate::input::is_standard_input;

/// True if routectl asks for confirmation: on a terminal, without `--yes`, and if existing routes
/// would change.
pub(super) fn is_due(
    options: &ChangeArguments,
    file: Option<&Path>,
    summary: &Summary,
    atomic: bool,
) -> bool {
    is_interactive(options, file) && summary.is_risky(atomic)
}

/// True if routectl can ask: on a terminal that is not the file itself, without `--yes`.
pub(in crate::command) fn is_interactive(options: &ChangeArguments, file: Option<&Path>) -> bool {
    let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    !options.yes && !file.is_some_and(is_standard_input) && is_terminal
}

/// Shows the lines of a file that cannot be imported, and asks whether to leave them out.
pub(in crate::command) fn ask_to_leave_out(lines: &[RejectedLine]) -> io::Result<bool> {
    let mut out = anstream::stderr().lock();
    write_lines(&mut out, lines)?;
    match lines.len() {
        1 => write!(out, "1 line cannot be imported. ")?,
        count => write!(out, "{count} lines cannot be imported. ")?,
    }
    answer(&mut out, "Leave out and import the rest?")
}

/// Shows the changes of a file that are refused, and asks whether to leave them out.
pub(super) fn ask_to_leave_out_refused(refused: &[Note]) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    for note in refused {
        writeln!(out, "{note}")?;
    }
    match refused.len() {
        1 => write!(out, "1 change is refused. ")?,
        count => write!(out, "{count} changes are refused. ")?,
    }
    answer(&mut out, "Leave out and import the rest?")
}

/// Asks on the error output. Any answer but yes means no.
pub(super) fn ask(summary: &Summary) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    write!(out, "{} ", summary.question())?;
    answer(&mut out, "Continue?")
}

fn answer(out: &mut dyn Write, question: &str) -> io::Result<bool> {
    write!(out, "{question} [y/N] ")?;
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
