//! `ipforward-probe`, the program.

mod arguments;
#[cfg(windows)]
mod functions;
#[cfg(windows)]
mod loopback_adapters;
mod other_compartment;
mod system;
mod ways;

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Parser;
use ipforward_probe::ProbeReport;
use toml::value::Datetime;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ipforward-probe: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    #[cfg(windows)]
    if !arguments.call_functions.is_empty() {
        return functions::call(&arguments.call_functions);
    }
    let columns = ways::measure(arguments)?;
    let report = ProbeReport { columns };
    print!("{report}");
    let system = system::describe();
    let profile = report.profile(&system.build, today()?);
    let file = arguments.output.clone();
    let file = file.unwrap_or_else(|| format!("{}.toml", system.file_stem()).into());
    std::fs::write(&file, profile.to_string())
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("\nwritten: {}", file.display());
    Ok(())
}

/// The day, in UTC.
fn today() -> Result<Datetime> {
    const DAY: usize = "2026-11-30".len();
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let day = now.get(..DAY).context("the time begins with the day")?;
    day.parse().context("the day is a date")
}
