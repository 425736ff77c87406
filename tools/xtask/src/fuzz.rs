//! `cargo xtask fuzz`: random requests to the driver.

use anyhow::{Result, bail};
use clap::Args;

use crate::cargo;
use crate::driver;

/// Duration and seed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Duration in seconds
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// The seed of an earlier run, to repeat it
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds the driver and sends it requests.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    driver::ours()?.build()?;
    cargo::build_programs(&["nthost", "routectl"])?;
    let seconds = options.seconds.to_string();
    let seed = options.seed.map(|seed| seed.to_string());
    let mut variables = vec![("FUZZ_SECONDS", seconds.as_str())];
    variables.extend(seed.as_deref().map(|seed| ("FUZZ_SEED", seed)));
    let test = ["--package", "tests", "--test", "fuzz", "--", "--nocapture"];
    if cargo::test_with(&variables, &test)?.failed > 0 {
        bail!("the driver broke a rule, or the host failed");
    }
    Ok(())
}
