//! Fault injection: in each scenario, each call that can fail does fail, once with each of its
//! statuses. The client must get the failure's status, the table must be unchanged, and nothing may
//! leak.
//!
//! A scenario is a test. Together they make the calls of all end-to-end tests whose calls can be
//! numbered: see `list.toml`.

mod batches;
mod buffers;
mod compartments;
mod completeness;
mod dispatch;
mod guarding;
mod holding;
mod interfaces;
mod kernel_mode;
mod outcome_check;
mod programs;
mod quotas;
mod refusals;
mod removal;
mod requests;
mod routes;
mod sets;
mod sleeping;
mod start;
mod stored_values;
mod watching;

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use tests::{Scenario, SweepSummary, sweep};

use start::STARTS;

fn main() -> ExitCode {
    if let Some(code) = dispatch::run_in_child() {
        return code;
    }
    let found = Arc::new(Mutex::new(SweepSummary::default()));
    let trials = trials(&found);
    let conclusion = libtest_mimic::run(&arguments(), trials);
    let found = found.lock().unwrap_or_else(PoisonError::into_inner);
    found.print(&format!("all {} scenarios", found.scenarios));
    conclusion.exit_code()
}

/// The arguments of the command line, with the number of threads that the variable of Rust's own
/// test harness says.
fn arguments() -> Arguments {
    let mut arguments = Arguments::from_args();
    if arguments.test_threads.is_none() {
        let threads = env::var("RUST_TEST_THREADS").ok();
        arguments.test_threads = threads.and_then(|threads| threads.parse().ok());
    }
    arguments
}

fn scenarios() -> Vec<Scenario> {
    [
        requests::scenarios(),
        buffers::scenarios(),
        batches::scenarios(),
        holding::scenarios(),
        compartments::scenarios(),
        sets::scenarios(),
        sleeping::scenarios(),
        guarding::scenarios(),
        interfaces::scenarios(),
        stored_values::scenarios(),
        quotas::scenarios(),
        watching::scenarios(),
        removal::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A test for each scenario, and those of the list.
fn trials(found: &Arc<Mutex<SweepSummary>>) -> Vec<Trial> {
    let mut trials = vec![trial(dispatch::NAME, found, dispatch::sweep)];
    for start in STARTS {
        trials.push(trial(start.name, found, move || start.sweep()));
    }
    for scenario in scenarios() {
        trials.push(trial(scenario.name(), found, move || sweep(&scenario)));
    }
    let names = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(Trial::test(dispatch::PLAIN_NAME, || {
        dispatch::requests_succeed();
        Ok(())
    }));
    trials.extend(completeness::trials(names));
    trials
}

fn trial(
    name: &str,
    total: &Arc<Mutex<SweepSummary>>,
    sweep: impl FnOnce() -> SweepSummary + Send + 'static,
) -> Trial {
    let total = Arc::clone(total);
    Trial::test(name, move || {
        let found = sweep();
        if found.points == 0 {
            return Err("no call can fail".into());
        }
        *total.lock().unwrap_or_else(PoisonError::into_inner) += found;
        Ok(())
    })
}
