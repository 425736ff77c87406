//! `cargo xtask bench`: what a route costs through the driver.

use anyhow::Result;
use clap::Args;

use wdk_cross::program::print_status;

use crate::cargo;
use crate::driver;

/// How thoroughly to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each figure is taken; the median is told
    #[arg(long, default_value_t = 25)]
    rounds: u32,
}

/// Builds everything as it ships, and measures.
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
