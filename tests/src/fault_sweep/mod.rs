//! Exhaustive fault injection: a scenario is run once for each call it makes that may fail, and in
//! each of the ways in which that call may fail, until a run ends without reaching its turn.

mod context;
mod events;
mod runner;
mod scenario;
mod scenario_host;
mod watchdog;

use std::io::Write as _;
use std::ops::AddAssign;

pub use context::ScenarioContext;
use runner::Runner;
pub use runner::for_callers;
pub use scenario::Scenario;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepSummary {
    /// Scenarios.
    pub scenarios: u64,
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
/// If a run breaks a promise, or makes other calls than the one before.
#[must_use]
pub fn sweep(scenario: &Scenario) -> SweepSummary {
    let mut runner = Runner::new(scenario);
    let found = runner.run_all();
    runner.stop();
    found.tell(scenario.name);
    found
}

impl SweepSummary {
    /// Tells whoever runs the tests what was found in `name`.
    pub fn tell(&self, name: &str) {
        let Self { points, runs, .. } = self;
        say(&format!(
            "{name:<50} {points:>5} fault points {runs:>6} runs"
        ));
    }
}

impl AddAssign for SweepSummary {
    fn add_assign(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.points += other.points;
        self.runs += other.runs;
    }
}

/// Tells whoever runs the tests, whether or not they pass.
fn say(line: &str) {
    // Not `println!`, which a test harness may keep to itself.
    let _ = writeln!(std::io::stderr().lock(), "faults: {line}");
}
