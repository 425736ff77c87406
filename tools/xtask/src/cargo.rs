//! Runs cargo on this workspace, with the toolchain that runs xtask.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// All packages but the driver, which needs the kit.
pub(crate) const PACKAGES: [&str; 3] = ["--workspace", "--exclude", "driver"];

/// Has programs unwind as test programs do, so that both have the same libraries: the driver needs
/// the profile's `panic = "abort"`, and with it cargo would build each library twice.
const UNWIND: (&str, &str) = ("CARGO_PROFILE_DEV_PANIC", "unwind");

/// How programs are built for a release. The options of the profile are for the driver: with them, one
/// core would optimise each program as a whole, and the standard library with it, for minutes.
pub(crate) const RELEASE_OF_PROGRAMS: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only"),
];

/// Cargo, in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace::root()?)
        .args(arguments)
        .envs([UNWIND])
        .stdin(Stdio::null());
    Ok(command)
}

/// Runs cargo with its output on the terminal.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    run_with(&[], arguments)
}

/// Like `run`, with environment variables.
pub(crate) fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Result<()> {
    let mut command = cargo(arguments)?;
    command.envs(variables.iter().copied());
    let status = command.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}

/// Builds programs of the workspace and returns the folder that they are in.
pub(crate) fn build_programs(packages: &[&str]) -> Result<PathBuf> {
    run(&build(packages, &[]))?;
    Ok(target_folder()?.join("debug"))
}

/// Like `build_programs`, for a release.
pub(crate) fn build_for_release(packages: &[&str]) -> Result<PathBuf> {
    run_with(&RELEASE_OF_PROGRAMS, &build(packages, &["--release"]))?;
    Ok(target_folder()?.join("release"))
}

fn build<'a>(packages: &[&'a str], options: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = [&["build", "--quiet"], options].concat();
    for package in packages {
        arguments.extend(["--package", package]);
    }
    arguments
}

/// The folder that cargo builds in.
fn target_folder() -> Result<PathBuf> {
    Ok(metadata()?.target_directory.into())
}

/// The names of the test programs of the packages for which `is_wanted` is true.
pub(crate) fn test_programs(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata.packages.iter();
    let targets = packages
        .filter(|package| is_wanted(&package.name))
        .flat_map(|package| &package.targets);
    let programs = targets.filter(|target| target.is_test());
    Ok(programs.map(|target| target.name.clone()).collect())
}

/// The packages that are never published.
pub(crate) fn private_packages() -> Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata.packages.iter();
    let private = packages.filter(|package| package.publish.as_ref().is_some_and(Vec::is_empty));
    Ok(private.map(|package| package.name.to_string()).collect())
}

/// Cargo's description of the workspace, without dependencies.
fn metadata() -> Result<cargo_metadata::Metadata> {
    cargo_metadata::MetadataCommand::new()
        .current_dir(workspace::root()?)
        .no_deps()
        .exec()
        .context("cargo metadata")
}

/// How many tests of a run passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl TestCounts {
    /// One check that was skipped.
    pub(crate) const SKIPPED: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 1,
    };

    /// Adds the counts of a line of a test program's output, if it is the closing line.
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

/// Runs `cargo test`, prints its output, and counts the tests.
///
/// Failed tests are in the counts. It is an error if cargo fails without a failed test.
pub(crate) fn test(arguments: &[&str]) -> Result<TestCounts> {
    test_with(&[], arguments)
}

/// Like `test`, with environment variables.
pub(crate) fn test_with(variables: &[(&str, &str)], arguments: &[&str]) -> Result<TestCounts> {
    let mut command = cargo(&[&["test", "--no-fail-fast"], arguments].concat())?;
    command.envs(variables.iter().copied());
    count(command)
}

/// Runs a command that runs tests, prints its output, and counts the tests.
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
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() && counts.failed == 0 {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        bail!(
            "`cargo {}` failed without a failed test",
            arguments.join(" ")
        );
    }
    Ok(counts)
}

/// The state of the work tree in git, to compare later; `None` outside a repository.
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
