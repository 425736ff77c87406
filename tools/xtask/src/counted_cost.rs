//! What each operation costs in the driver, counted by callgrind, against the budget in the tree.

use std::path::Path;

use anyhow::{Result, bail};
use wdk_cross::build_tools::BuildTools;
use wdk_cross::prerequisites::Need;
use wdk_cross::program::{self, print_status};
use wdk_cross::toolchain::ToolchainChoice;

use crate::cargo::{self, TestCounts};

/// The program of the tests that measures.
pub(crate) const PROGRAM: &str = "counted_cost";

/// The variable with the directory that costs are written into.
pub(crate) const DIRECTORY: &str = "COUNTED_COSTS";

/// What it writes there.
const FILES: [&str; 2] = ["costs.toml", "leases.toml"];

/// The options of that program for all that it can count.
const EVERYTHING: [&str; 2] = ["--nocapture", "--include-ignored"];

/// Counts, and fails if an operation costs more than its budget. Without valgrind nothing is counted.
pub(crate) fn test() -> Result<TestCounts> {
    if let Err(error) = BuildTools::prepare_with(ToolchainChoice::Auto, callgrind) {
        print_status(&format!("skipped: {error:#}"));
        return Ok(TestCounts::SKIPPED);
    }
    build()?;
    cargo::test(&program(&[]))
}

/// Counts, and prints the table; with `scale`, also beside a million leases.
pub(crate) fn print(scale: bool) -> Result<()> {
    BuildTools::prepare_with(ToolchainChoice::Auto, callgrind)?;
    build()?;
    let options = if scale {
        &EVERYTHING[..]
    } else {
        &["--nocapture"]
    };
    let counts = cargo::test(&program(options))?;
    if counts.failed > 0 {
        bail!("an operation costs more than its budget");
    }
    Ok(())
}

/// Counts, and writes what each operation costs into a directory. Without valgrind nothing is written.
pub(crate) fn write_into(directory: &str) -> Result<()> {
    if let Err(error) = BuildTools::prepare_with(ToolchainChoice::Auto, callgrind) {
        print_status(&format!("nothing is counted: {error:#}"));
        return Ok(());
    }
    build()?;
    // A cost beyond its budget does not end the report, which shows it.
    cargo::test_with(&[(DIRECTORY, directory)], &program(&EVERYTHING))?;
    for file in FILES {
        if !Path::new(directory).join(file).exists() {
            bail!("counting ended before it wrote {file}: the output above says why");
        }
    }
    Ok(())
}

fn build() -> Result<()> {
    let programs = [
        &["build", "--quiet"][..],
        &cargo::PACKAGES,
        &["--bins", "--test", PROGRAM],
    ];
    cargo::run(&programs.concat())
}

fn program<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&cargo::PACKAGES[..], &["--test", PROGRAM, "--"], options].concat()
}

/// The program that counts, if it is missing.
fn callgrind() -> Vec<Need> {
    if program::in_path("valgrind").is_some() && program::in_path("vgdb").is_some() {
        return Vec::new();
    }
    vec![Need {
        uses: vec!["valgrind, which counts the instructions of the driver".to_owned()],
        llvm: false,
        packages: vec!["valgrind"],
        elsewhere: "Install valgrind with this system's package manager.",
    }]
}
