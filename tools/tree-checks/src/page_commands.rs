//! The commands that the Markdown pages show. The tests of each program run its own.

use std::path::PathBuf;

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// The page of former versions, whose commands may be gone.
const HISTORY: &str = "CHANGELOG.md";

/// The programs of this workspace whose commands its tests run.
const TESTED: [&str; 5] = [
    "cargo",
    "ipforward-probe",
    "nthost",
    "routectl",
    "wdk-cross",
];

/// Other programs: of Windows, of Linux, of the Rust project.
const OTHERS: [&str; 12] = [
    "(gdb)",
    "bcdedit",
    "callgrind_annotate",
    "certutil",
    "dot",
    "gdb",
    "ip",
    "pnputil",
    "sc",
    "shutdown",
    "valgrind",
    "verifier",
];

/// A command that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCommand {
    /// The page.
    pub page: PathBuf,
    /// The line of the page, from 1.
    pub line: usize,
    /// The command, without a prompt and without a comment.
    pub text: String,
}

impl PageCommand {
    /// The arguments, if it is a command of this program: alone, or run by cargo.
    #[must_use]
    pub fn arguments(&self, program: &str) -> Option<&str> {
        let run = self.text.strip_prefix("cargo run -p ");
        let text = match run.and_then(|run| run.split_once(" -- ")) {
            Some((package, arguments)) if package == program => return Some(arguments),
            _ => &self.text,
        };
        let rest = text.strip_prefix(program)?;
        rest.strip_prefix(' ').map(str::trim)
    }
}

/// The commands of a block of a terminal, and of texts in backticks that begin with one of our programs
/// and have arguments.
#[must_use]
pub fn commands(tree: &Tree) -> Vec<PageCommand> {
    let pages = tree.files.iter().filter(|file| {
        file.extension() == Some("md") && file.path.file_name().is_some_and(|name| name != HISTORY)
    });
    pages.flat_map(of_page).collect()
}

fn of_page(page: &SourceFile) -> Vec<PageCommand> {
    let mut found = Vec::new();
    let mut block = None;
    for (number, line) in page.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = block.is_none().then_some(language);
            continue;
        }
        let texts: Vec<&str> = match block {
            Some("console") => typed(line).into_iter().collect(),
            Some(_) => Vec::new(),
            None => line
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|text| is_ours(text))
                .collect(),
        };
        found.extend(texts.into_iter().map(|text| PageCommand {
            page: page.path.clone(),
            line: number,
            text: text.to_owned(),
        }));
    }
    found
}

/// The command that a line of a terminal shows, without its comment.
fn typed(line: &str) -> Option<&str> {
    let prompts = ["$ ", "> ", "# "];
    let text = prompts
        .iter()
        .find_map(|prompt| line.strip_prefix(prompt))?;
    let text = text.split("  #").next().unwrap_or(text).trim();
    // A title begins with a capital letter, an assignment of PowerShell with a dollar.
    text.starts_with(|letter: char| {
        letter.is_lowercase() || text.contains('=') && letter.is_uppercase()
    })
    .then_some(text)
}

fn is_ours(text: &str) -> bool {
    let program = text.split_once(' ').map(|(program, _)| program);
    program.is_some_and(|program| TESTED.contains(&program))
}

/// Finds commands of programs that no test knows.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for command in commands(tree) {
        for part in command.text.replace("; ", "|").split(['|', '&']) {
            let mut words = part
                .split_whitespace()
                .skip_while(|word| word.contains('='));
            let Some(program) = words.next() else {
                continue;
            };
            if !TESTED.contains(&program) && !OTHERS.contains(&program) {
                let message = format!("unknown program `{program}`: add it to `page_commands`");
                findings.push(Finding::new(&command.page, command.line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(page: &str) -> Vec<String> {
        let page = SourceFile {
            path: "docs/a.md".into(),
            text: page.to_owned(),
        };
        of_page(&page)
            .into_iter()
            .map(|command| command.text)
            .collect()
    }

    #[test]
    fn commands_of_terminals_and_in_backticks_are_found() {
        let page = "Run `routectl leases`, not `routectl`.\n```console\n# A title\n\
                    $ cargo xtask demo      # shows it\n$env:A = 1\n10.0.0.0/8\n> sc query\n\
                    $ A=1 cargo test\n```\n```rust\n# use a;\n```\n";
        assert_eq!(
            texts(page),
            [
                "routectl leases",
                "cargo xtask demo",
                "sc query",
                "A=1 cargo test"
            ]
        );
    }

    #[test]
    fn arguments_are_those_of_the_program_that_cargo_runs() {
        let arguments = |text: &str| {
            let command = PageCommand {
                page: PathBuf::new(),
                line: 1,
                text: text.to_owned(),
            };
            command.arguments("routectl").map(str::to_owned)
        };
        let expected = Some("route show".to_owned());
        assert_eq!(arguments("routectl route show"), expected);
        assert_eq!(arguments("cargo run -p routectl -- route show"), expected);
        assert_eq!(arguments("cargo run -p nthost -- run"), None);
    }
}
