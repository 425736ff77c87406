//! The test vectors of the route API, each a test of its own under both profiles. `vectors/README.md` says how they
//! are written.

mod backend;
mod child;
mod driver;
mod exports;

use std::collections::BTreeSet;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use nt_netio::vectors::{self, BehaviourRun, Vector, split};

/// How many vectors there are, numbered from 1.
const VECTORS: u32 = 135;

fn main() -> ExitCode {
    if let Some(code) = child::run_case() {
        return code;
    }
    let vectors = vectors::all();
    let numbers: Vec<String> = vectors
        .iter()
        .map(|vector| vector.number.clone())
        .chain(exports::CASES.iter().map(|case| case.number.to_owned()))
        .collect();
    let mut trials: Vec<Trial> = vectors.iter().flat_map(trials_of).collect();
    trials.extend(exports::CASES.iter().flat_map(child::trials_of));
    trials.push(Trial::test("every_vector_is_here_once", move || {
        check_numbers(&numbers).map_err(Into::into)
    }));
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// One test for each set of behaviours.
fn trials_of(vector: &Vector) -> Vec<Trial> {
    BehaviourRun::all_of(vector)
        .into_iter()
        .map(|run_under| {
            Trial::test(run_under.name(), move || {
                run_under.run(backend::start).map_err(Into::into)
            })
        })
        .collect()
}

/// Every number from 1 to [`VECTORS`] occurs, and none twice.
fn check_numbers(numbers: &[String]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = numbers.iter().find(|number| !seen.insert(*number)) {
        return Err(format!("vector {twice} is here twice"));
    }
    let covered: BTreeSet<u32> = numbers.iter().map(|number| split(number).0).collect();
    let missing: Vec<u32> = (1..=VECTORS)
        .filter(|number| !covered.contains(number))
        .collect();
    if missing.is_empty() && covered.len() == VECTORS as usize {
        Ok(())
    } else {
        Err(format!(
            "missing vectors: {missing:?}, of {} there",
            covered.len()
        ))
    }
}
