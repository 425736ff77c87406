//! Tests that need a network namespace. Where none can be made they are ignored, and it is said why.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::namespace::Namespace;

/// A test: its name, and what it does with a namespace of its own.
type Test = (&'static str, fn(&Namespace));

/// Runs functions as tests.
macro_rules! run_trials {
    ($($test:ident)*) => {
        $crate::trials::run(&[$((stringify!($test), $test)),*])
    };
}
pub(crate) use run_trials;

/// See [`run_trials!`].
pub(crate) fn run(tests: &[Test]) -> ExitCode {
    let arguments = Arguments::from_args();
    let is_skipped = Namespace::new_or_skip().is_none();
    let trials = tests.iter().map(|&(name, test)| {
        let run = move || {
            test(&Namespace::new()?);
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(is_skipped)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
