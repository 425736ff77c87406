//! `cargo xtask test`: every check that this computer can run.

mod steps;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use wdk_cross::program::print_status;

use self::steps::{ALL, QUICK, Step};
use crate::cargo::{self, TestCounts};
use crate::workspace;

/// Which steps to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run the short selection for daily work, in about two minutes
    #[arg(long)]
    quick: bool,
    /// Parts of names of steps: run only those steps
    only: Vec<String>,
}

impl Options {
    fn steps(&self) -> Result<Vec<&'static Step>> {
        let steps = if self.quick { QUICK } else { ALL };
        for word in &self.only {
            if !steps.iter().any(|step| step.name.contains(word.as_str())) {
                let names: Vec<_> = steps.iter().map(|step| step.name).collect();
                bail!(
                    "no step has {word:?} in its name; the steps are:\n  {}",
                    names.join("\n  ")
                );
            }
        }
        Ok(steps.iter().filter(|step| self.wants(step)).collect())
    }

    fn wants(&self, step: &Step) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|word| step.name.contains(word.as_str()))
    }
}

/// Runs the steps up to the first that fails, and prints the counts and the time of each.
pub(crate) fn test(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let before = cargo::work_tree(&root);
    let mut total = TestCounts::default();
    let mut report = Vec::new();
    let steps = options.steps()?;
    for (number, step) in steps.iter().enumerate() {
        print_status(&format!(
            "step {} of {}: {}",
            number + 1,
            steps.len(),
            step.name
        ));
        let started = Instant::now();
        let counts = (step.run)()?;
        total.add(counts);
        report.push((step.name, counts, started.elapsed()));
        if counts.failed > 0 {
            break;
        }
    }
    if cargo::work_tree(&root) != before {
        bail!("the tests changed the work tree: see `git status`");
    }
    print_report(&report);
    println!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    );
    if total.failed > 0 {
        bail!("{} tests failed", total.failed);
    }
    Ok(())
}

fn print_report(report: &[(&str, TestCounts, Duration)]) {
    println!();
    for (name, counts, time) in report {
        let tests = match counts.passed + counts.failed {
            0 => String::new(),
            tests => format!("{tests} tests"),
        };
        println!("  {name:<36} {tests:>10} {:>7.1} s", time.as_secs_f64());
    }
    println!();
}
