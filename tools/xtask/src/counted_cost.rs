//! What each operation costs in the driver, counted by callgrind, against the budget in the tree.

use anyhow::{Result, bail};
use wdk_cross::build_tools::BuildTools;
use wdk_cross::prerequisites::Need;
use wdk_cross::program::{self, print_status};
use wdk_cross::toolchain::ToolchainChoice;

use crate::cargo::{self, TestCounts};

/// The program of the tests that measures.
pub(crate) const PROGRAM: &str = "counted_cost";

/// Counts, and fails if an operation costs more than its budget. Without valgrind nothing is counted.
pub(crate) fn test() -> Result<TestCounts> {
    if let Err(error) = BuildTools::prepare_with(ToolchainChoice::Auto, callgrind) {
        print_status(&format!("skipped: {error:#}"));
        return Ok(TestCounts::SKIPPED);
    }
    build()?;
    cargo::test(&program(&[]))
}

/// Counts, and prints the table.
pub(crate) fn print() -> Result<()> {
    BuildTools::prepare_with(ToolchainChoice::Auto, callgrind)?;
    build()?;
    let counts = cargo::test(&program(&["--nocapture"]))?;
    if counts.failed > 0 {
        bail!("an operation costs more than its budget");
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
