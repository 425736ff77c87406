//! `cargo xtask bench`: the cost of a route through the driver.

use anyhow::Result;
use clap::Args;
use wdk_cross::program::print_status;

use crate::cargo;
use crate::driver;

/// Options of the measurement.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measurements of each figure; the output has the median
    #[arg(long, default_value_t = 25)]
    rounds: u32,
}

/// Builds driver, host and benchmark for release, and measures.
pub(crate) fn bench(options: &Options) -> Result<()> {
    driver::ours()?.build()?;
    print_status("building the host and the benchmark for release");
    cargo::run(&["build", "--quiet", "--release", "--package", "nthost"])?;
    let rounds = options.rounds.to_string();
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
