//! Fault injection sweep: a scenario is run once for each call that can fail, and for each way in
//! which that call can fail, until a run ends without reaching the call.
//!
//! Two plans are swept: each call fails alone ([`Plan::Only`]), and each call fails with all later
//! ones ([`Plan::From`]). After each run the sweep checks that the driver has released everything.
//!
//! [`sweep_calls`] is enough for a driver without state of its own. A driver that changes something
//! outside itself implements [`Scenario`] and checks that state after each run.
//!
//! [`Plan::Only`]: crate::Plan::Only
//! [`Plan::From`]: crate::Plan::From

mod calls;
mod control;
mod runner;
mod scenario_host;
mod watchdog;

use std::fmt::Debug;
use std::io::Write as _;
use std::ops::AddAssign;

use nt_types::NtStatus;

pub use calls::sweep_calls;
pub use control::SweepControl;

use crate::fault::{Failed, Plan};
use crate::host::Host;
use runner::Runner;

/// A scenario of a sweep: what programs do, from the first open to the last close.
///
/// All runs must make the same calls in the same order; a sweep fails otherwise, because then it
/// could not number them. So a scenario waits with [`SweepControl::quiesce`] after each step that
/// starts work in the driver.
pub trait Scenario {
    /// The state that the runs on one host share, such as handles that stay open between runs.
    type Context;
    /// What a run results in.
    type Outcome: Debug;

    /// The name, for reports.
    fn name(&self) -> &str;

    /// Starts a host. A sweep needs several, one after the other.
    fn start(&self) -> Host;

    /// Prepares a host for the runs. Nothing fails yet.
    fn prepare(&self, control: SweepControl) -> Self::Context;

    /// The control that [`prepare`](Self::prepare) was given.
    fn control<'a>(&self, context: &'a Self::Context) -> &'a SweepControl;

    /// Brings the driver into the state in which a run begins. Nothing fails yet.
    fn set_up(&self, context: &Self::Context);

    /// The calls under test. One of them fails.
    fn run(&self, context: &Self::Context) -> Self::Outcome;

    /// Checks a run. It panics, with [`Run::describe`], if the driver has broken a promise.
    fn check(&self, context: &Self::Context, run: &Run<'_, Self::Outcome>);

    /// Undoes what a run did. Nothing fails any more.
    fn take_down(&self, context: &Self::Context);

    /// True if a run unloads the driver: then each run gets a host of its own.
    fn unloads_driver(&self) -> bool {
        false
    }
}

/// One run of a scenario, for [`Scenario::check`].
#[derive(Debug)]
pub struct Run<'a, Outcome> {
    /// Which calls were to fail; `None` for a run without faults.
    pub plan: Option<Plan>,
    /// The way in which the call was to fail.
    pub way: u8,
    /// The first call that failed; `None` if the run ended before its turn.
    pub failed: Option<&'a Failed>,
    /// What the run resulted in.
    pub outcome: &'a Outcome,
    /// The run, described for a message.
    description: &'a str,
}

impl<Outcome> Run<'_, Outcome> {
    /// The scenario, the failed call and the outcome, for the message of a failed check.
    #[must_use]
    pub fn describe(&self) -> &str {
        self.description
    }
}

/// What a sweep covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepSummary {
    /// Scenarios.
    pub scenarios: u64,
    /// Calls that can fail.
    pub points: u64,
    /// Runs with a failed call.
    pub runs: u64,
}

/// Sweeps a scenario and prints the summary.
///
/// # Panics
///
/// If a check fails, if a run leaves resources behind, if a run hangs, or if the calls of two runs
/// differ.
pub fn sweep<S: Scenario>(scenario: &S) -> SweepSummary {
    let mut runner = Runner::new(scenario);
    let summary = runner.run_all();
    runner.stop();
    summary.print(scenario.name());
    summary
}

/// The status that a client gets when the driver completes its request with `status`: the I/O
/// manager maps the framework's own statuses.
pub fn status_for_client(status: NtStatus) -> NtStatus {
    const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);
    match status.bits() {
        // STATUS_WDF_PAUSED and STATUS_WDF_BUSY.
        0xC020_0203 | 0xC020_0204 => DEVICE_BUSY,
        0xC020_0205..=0xC020_0214 => NtStatus::INVALID_DEVICE_REQUEST,
        _ => status,
    }
}

impl SweepSummary {
    /// Prints the summary to standard error, under this name.
    pub fn print(&self, name: &str) {
        let Self { points, runs, .. } = self;
        print_line(&format!(
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

/// Prints a line, also for tests that pass.
fn print_line(line: &str) {
    // A test harness captures `println!`.
    let _ = writeln!(std::io::stderr().lock(), "faults: {line}");
}
