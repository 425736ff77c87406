//! `cargo xtask bench`: the cost of a route through the driver, in time or in counted instructions.

use anyhow::Result;
use clap::Args;
use wdk_cross::program::print_status;

use crate::cargo;
use crate::counted_cost;
use crate::driver;

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
}

/// Builds the driver, the host and the benchmark, and measures.
pub(crate) fn bench(options: &Options) -> Result<()> {
    driver::ours()?.build()?;
    if options.count {
        return counted_cost::print();
    }
    time(options.rounds)
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
