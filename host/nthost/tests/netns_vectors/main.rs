//! The test vectors of the route API on a Linux network namespace, one namespace a vector.
//!
//! What Linux cannot express stands in `exceptions.toml`, with the reason. A vector that stands
//! there must fail: one that passes has no business there.

mod backend;
mod exceptions;
#[path = "../netio_vectors/machine.rs"]
mod machine;
mod namespace;
#[path = "../netio_vectors/reading.rs"]
mod reading;
#[path = "../netio_vectors/row.rs"]
mod row;
#[path = "../netio_vectors/run.rs"]
mod run;
#[path = "../netio_vectors/vector.rs"]
mod vector;
#[path = "../netio_vectors/watcher.rs"]
mod watcher;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use exceptions::Exceptions;
use namespace::Namespace;
use reading::Reading;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_skipped = Namespace::new_or_skip().is_none();
    let exceptions = Exceptions::read();
    let vectors = vector::all();
    let mut trials: Vec<Trial> = vectors
        .iter()
        .flat_map(Reading::all_of)
        .map(|reading| {
            let exception = exceptions.of(&reading);
            Trial::test(reading.name(), move || {
                let outcome = reading.run();
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
