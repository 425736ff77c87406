//! A machine for the runs of one scenario, until one of them leaves something behind.

use abi::NtStatus;
use ipforward::{Device, Error};

use super::watchdog::Watchdog;
use super::{Bench, Scenario};
use crate::host::Host;

/// A host, and those who work with it.
pub(super) struct Machine {
    pub(super) bench: Bench,
    /// Not part of the scenario: sets the table up.
    pub(super) observer: Device,
    pub(super) watchdog: Watchdog,
    /// How much the driver has between two runs.
    pub(super) at_rest: u64,
    host: Host,
}

impl Machine {
    pub(super) fn start(scenario: &Scenario) -> Self {
        let host = Host::start();
        let observer = Device::open(host.socket()).expect("the device opens");
        let bench = Bench::new(host.socket());
        // Whatever the driver keeps for the observer, it keeps from here on.
        (scenario.before)(&observer);
        bench.settle();
        (scenario.after)(&observer);
        bench.settle();
        Self {
            at_rest: bench.outstanding(),
            watchdog: Watchdog::start(host.id(), scenario.name),
            bench,
            observer,
            host,
        }
    }

    /// A run in which nothing fails: how much more the driver has afterwards than at rest.
    pub(super) fn run_cleanly(&self, scenario: &Scenario) -> u64 {
        let bench = &self.bench;
        (scenario.before)(&self.observer);
        bench.settle();
        bench.begin();
        let outcome = (scenario.run)(bench);
        bench.settle();
        assert_eq!(
            status(&outcome),
            Some(scenario.expects),
            "{}: a run in which nothing fails",
            scenario.name
        );
        (scenario.after)(&self.observer);
        bench.settle();
        let left = bench.outstanding().checked_sub(self.at_rest);
        left.expect("nobody gives back what he has not")
    }

    /// Ends the host, and demands that the driver leaves nothing behind.
    pub(super) fn stop(self) {
        let Self {
            bench,
            observer,
            watchdog,
            host,
            ..
        } = self;
        drop((bench, observer, watchdog));
        host.stop_clean();
    }
}

/// What a run ended with; `None` if the host has gone.
pub(super) fn status(outcome: &Result<(), Error>) -> Option<NtStatus> {
    match outcome {
        Ok(()) => Some(NtStatus::SUCCESS),
        Err(error) => error.status(),
    }
}
