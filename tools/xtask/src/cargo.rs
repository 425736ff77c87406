//! Running cargo on the workspace itself, with the toolchain that runs xtask.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Cargo, in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace::root()?)
        .args(arguments)
        .stdin(Stdio::null());
    Ok(command)
}

/// Runs cargo, its output being the reader's.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    run_with(&[], arguments)
}

/// The same with environment variables set.
pub(crate) fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Result<()> {
    let mut command = cargo(arguments)?;
    command.envs(variables.iter().copied());
    let status = command.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}

/// Builds programs of the workspace and tells the folder in which they are.
pub(crate) fn build_programs(packages: &[&str]) -> Result<PathBuf> {
    let mut arguments = vec!["build", "--quiet"];
    for package in packages {
        arguments.extend(["--package", package]);
    }
    run(&arguments)?;
    Ok(target_folder()?.join("debug"))
}

/// Where cargo builds.
fn target_folder() -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(workspace::root()?)
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    Ok(metadata.target_directory.into())
}

/// How many tests of a run passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl TestCounts {
    /// Adds what a line of a test program's output says, if it is its closing line.
    fn add_line(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (number, what) = (
                words.next().and_then(|word| word.parse::<u32>().ok()),
                words.next(),
            );
            match (number, what) {
                (Some(number), Some("passed")) => self.passed += number,
                (Some(number), Some("failed")) => self.failed += number,
                (Some(number), Some("ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Adds another run's counts.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Runs `cargo test`, passing its output on, and counts.
///
/// A run in which tests fail is not an error: it is told in the counts. One that fails without a
/// failed test is.
pub(crate) fn test(arguments: &[&str]) -> Result<TestCounts> {
    test_with(&[], arguments)
}

/// The same with environment variables set.
pub(crate) fn test_with(variables: &[(&str, &str)], arguments: &[&str]) -> Result<TestCounts> {
    let mut command = cargo(&[&["test", "--no-fail-fast"], arguments].concat())?;
    command.envs(variables.iter().copied());
    count(command)
}

/// The same for a command that is ready to run tests.
pub(crate) fn count(mut command: Command) -> Result<TestCounts> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut counts = TestCounts::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("cargo's output")?;
        println!("{line}");
        counts.add_line(&line);
    }
    let status = child.wait().context("cargo is gone")?;
    if !status.success() && counts.failed == 0 {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        bail!("`cargo {}` failed, and not for a test", arguments.join(" "));
    }
    Ok(counts)
}

/// What git says of the work tree, to compare later; nothing outside of a repository.
pub(crate) fn work_tree(root: &Path) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["status", "--porcelain"])
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        let mut counts = TestCounts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 35 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.06s",
            "test 7 passed",
            "test result: FAILED. 1 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.10s",
        ] {
            counts.add_line(line);
        }
        assert_eq!(
            counts,
            TestCounts {
                passed: 36,
                failed: 4,
                skipped: 2
            }
        );
    }
}
