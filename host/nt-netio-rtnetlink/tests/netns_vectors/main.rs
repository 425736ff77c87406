//! The test vectors of the route API on a Linux network namespace, one namespace a vector.
//!
//! What Linux cannot express stands in `exceptions.toml`, with the reason. A vector that stands
//! there must fail: one that passes has no business there.

mod backend;
mod exceptions;
mod namespace;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use nt_netio::vectors::{self, BehaviourRun};

use exceptions::Exceptions;
use namespace::Namespace;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_skipped = Namespace::new_or_skip().is_none();
    let exceptions = Exceptions::read();
    let vectors = vectors::all();
    let mut trials: Vec<Trial> = vectors
        .iter()
        .flat_map(BehaviourRun::all_of)
        .map(|run_under| {
            let exception = exceptions.of(&run_under);
            Trial::test(run_under.name(), move || {
                let outcome = run_under.run(backend::start);
                match exception {
                    None => outcome.map_err(Into::into),
                    Some(reason) => exceptions::must_fail(&outcome, &reason).map_err(Into::into),
                }
            })
            .with_ignored_flag(is_skipped)
        })
        .collect();
    trials.push(Trial::test("every_exception_names_a_vector", move || {
        exceptions.check(&vectors).map_err(Into::into)
    }));
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    libtest_mimic::run(&arguments, trials).exit_code()
}
