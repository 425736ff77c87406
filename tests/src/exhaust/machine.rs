//! A machine for the runs of one scenario, until one of them leaves something behind.

use abi::NtStatus;
use ipforward::Error;

use super::watchdog::Watchdog;
use super::{Bench, Scenario};
use crate::host::Host;

/// A host, and those who work with it.
pub(super) struct Machine {
    pub(super) bench: Bench,
    pub(super) watchdog: Watchdog,
    /// How much the driver has between two runs.
    pub(super) at_rest: u64,
    host: Host,
}

impl Machine {
    pub(super) fn start(scenario: &Scenario) -> Self {
        // Each run waits until all is told: to wait longer would show nothing more.
        let host = Host::start_with(&["--notify-after=0"]);
        let bench = Bench::new(host.socket());
        if !scenario.ends_the_driver {
            // Whatever the driver keeps for the observer, it keeps from here on.
            bench.observer();
            set_up(&bench, scenario);
            take_down(&bench, scenario);
        }
        Self {
            at_rest: bench.outstanding(),
            watchdog: Watchdog::start(host.id(), scenario.name),
            bench,
            host,
        }
    }

    /// A run in which nothing fails: how much more the driver has afterwards than at rest.
    pub(super) fn run_cleanly(&self, scenario: &Scenario) -> u64 {
        let bench = &self.bench;
        set_up(bench, scenario);
        bench.begin();
        let outcome = (scenario.run)(bench);
        bench.settle();
        assert_eq!(
            status(&outcome),
            Some(scenario.expects),
            "{}: a run in which nothing fails",
            scenario.name
        );
        take_down(bench, scenario);
        let left = bench.outstanding().checked_sub(self.at_rest);
        left.expect("nobody gives back what he has not")
    }

    /// Ends the host, and demands that the driver leaves nothing behind.
    pub(super) fn stop(self) {
        let Self {
            bench,
            watchdog,
            host,
            ..
        } = self;
        drop((bench, watchdog));
        host.stop_clean();
    }
}

/// What is done before a run; nothing fails meanwhile.
pub(super) fn set_up(bench: &Bench, scenario: &Scenario) {
    (scenario.before)(bench);
    bench.settle();
}

/// What is done after a run; nothing fails meanwhile.
pub(super) fn take_down(bench: &Bench, scenario: &Scenario) {
    (scenario.after)(bench);
    bench.take_back();
}

/// What a run ended with; `None` if the host has gone.
pub(super) fn status(outcome: &Result<(), Error>) -> Option<NtStatus> {
    match outcome {
        Ok(()) => Some(NtStatus::SUCCESS),
        Err(error) => error.status(),
    }
}
