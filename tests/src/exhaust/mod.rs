//! Exhaustive fault injection: a scenario is run once for each call it makes that may fail, and in
//! each of the ways in which that call may fail, until a run ends without reaching its turn.

mod bench;
mod machine;
mod runner;
mod watchdog;

use std::io::Write as _;

use abi::NtStatus;
use ipforward::{Device, Error};

use crate::control::Plan;
pub use bench::Bench;
use runner::Runner;

/// What a program does, from the first handle to the last.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Sets the table up; nothing fails meanwhile.
    pub before: fn(&Device),
    /// What is done while calls fail.
    pub run: fn(&Bench) -> Result<(), Error>,
    /// What it ends with if nothing fails.
    pub expects: NtStatus,
    /// Whether a failure of this function, with this status, may stay without consequence.
    pub tolerates: fn(&str, NtStatus) -> bool,
    /// Whether the run [claims](Bench::claim) what its success means: then a failure need not be
    /// told that did no harm.
    pub claims: bool,
    /// Takes back what a run has done to the table; nothing fails meanwhile.
    pub after: fn(&Device),
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exhaustion {
    /// Calls that may fail.
    pub points: u64,
    /// Runs with a failure.
    pub runs: u64,
}

/// Runs a scenario until no call of it is left to fail: each one alone, and each one with all later
/// ones.
///
/// # Panics
///
/// If a run breaks a promise.
#[must_use]
pub fn exhaust(scenario: &Scenario) -> Exhaustion {
    let mut runner = Runner::new(scenario);
    let mut found = Exhaustion::default();
    for plan in [Plan::Only, Plan::From] {
        found.points = runner.all_points(plan, &mut found.runs);
    }
    runner.stop();
    found.tell(scenario.name);
    found
}

impl Exhaustion {
    /// Tells whoever runs the tests what was found in `name`.
    pub fn tell(&self, name: &str) {
        let Self { points, runs } = self;
        say(&format!(
            "{name:<34} {points:>4} fault points {runs:>5} runs"
        ));
    }
}

/// Tells whoever runs the tests, whether or not they pass.
fn say(line: &str) {
    // Not `println!`, which the test harness keeps to itself.
    let _ = writeln!(std::io::stderr().lock(), "faults: {line}");
}
