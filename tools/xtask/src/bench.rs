//! `cargo xtask bench`: the cost of a route through the driver, in time, in counted instructions or in
//! pictures.

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use wdk_cross::program::print_status;

use crate::cargo;
use crate::counted_cost;
use crate::driver;
use crate::workspace;

/// Options of the measurement.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measurements of each figure; the output has the median
    #[arg(long, default_value_t = 25)]
    rounds: u32,
    /// Count what each operation costs in the driver, and compare it with its budget; with
    /// `UPDATE_BUDGET=1` in the environment, write the budget
    #[arg(long, conflicts_with = "rounds")]
    count: bool,
    /// Count what a lease costs beside up to a million others, too, which takes minutes
    #[arg(long, requires = "count")]
    scale: bool,
    /// Measure all of it, and write a page with pictures: target/bench-report/index.html
    #[arg(long, conflicts_with_all = ["rounds", "count"])]
    report: bool,
}

/// Builds the driver, the host and the benchmark, and measures.
pub(crate) fn bench(options: &Options) -> Result<()> {
    driver::ours()?.build()?;
    if options.report {
        return report();
    }
    if options.count {
        return counted_cost::print(options.scale);
    }
    time(options.rounds)
}

/// Counts, measures, and writes the page.
fn report() -> Result<()> {
    let directory = workspace::root()?.join("target/bench-report");
    // What an earlier run counted is not what this one measures.
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let directory = directory.to_str().context("a path in UTF-8")?;
    counted_cost::write_into(directory)?;
    print_status("building the host and the programs for release");
    cargo::build_for_release(&["nthost", "routectl"])?;
    let variables = [
        (counted_cost::DIRECTORY, directory),
        ("REPORT_DIRECTORY", directory),
    ];
    let bench = [
        "bench",
        "--quiet",
        "--package",
        "bench-report",
        "--bench",
        "report",
    ];
    cargo::run_with(&variables, &bench)
}

fn time(rounds: u32) -> Result<()> {
    print_status("building the host and the benchmark for release");
    cargo::build_for_release(&["nthost"])?;
    let rounds = rounds.to_string();
    let bench = [
        "bench",
        "--quiet",
        "--package",
        "tests",
        "--bench",
        "cost_per_route",
    ];
    cargo::run_with(&[("BENCH_ROUNDS", rounds.as_str())], &bench)
}
