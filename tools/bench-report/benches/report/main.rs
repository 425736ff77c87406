//! Measures what routes cost, and writes the page: see `docs/dev/performance.md`.
//!
//! `cargo xtask bench --report` builds what this program needs and runs it.

#![cfg(target_os = "linux")]

mod comparison;
mod conditions;
mod costs;
mod hosts;
mod latency;
mod memory;
#[path = "../../../../host/nt-netio-rtnetlink/tests/netns_vectors/namespace.rs"]
mod namespace;
mod netlink;
mod resident;
mod throughput;

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use bench_report::{BenchReport, ReportSection};

/// A part of the report, and what it is called while it is measured.
type Part = (&'static str, fn() -> Result<Vec<ReportSection>>);

const PARTS: [Part; 5] = [
    ("counted costs", costs::sections),
    ("comparison", comparison::sections),
    ("latency", latency::sections),
    ("throughput", throughput::sections),
    ("memory", memory::sections),
];

fn main() -> Result<()> {
    let only = env::var("REPORT_PARTS").ok();
    let is_wanted = |name: &str| only.as_ref().is_none_or(|only| only.contains(name));
    let mut sections = Vec::new();
    for (name, measure) in PARTS.into_iter().filter(|(name, _)| is_wanted(name)) {
        let start = Instant::now();
        sections.extend(measure().with_context(|| format!("measuring: {name}"))?);
        println!("{name}: measured in {} s", start.elapsed().as_secs());
    }
    let directory =
        env::var_os("REPORT_DIRECTORY").context("`cargo xtask bench --report` runs this")?;
    let conditions = conditions::lines()?;
    let report = BenchReport {
        conditions,
        sections,
    };
    let page = report.write(&PathBuf::from(directory))?;
    println!("{}", page.display());
    Ok(())
}
