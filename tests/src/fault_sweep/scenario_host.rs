//! A machine for the runs of one scenario, until one of them leaves something behind.

use abi::NtStatus;
use ipforward::Error;

use super::watchdog::Watchdog;
use super::{Scenario, ScenarioContext};
use crate::host::Host;

/// A host, and those who work with it.
pub(super) struct ScenarioHost {
    pub(super) context: ScenarioContext,
    pub(super) watchdog: Watchdog,
    /// How much the driver has between two runs.
    pub(super) at_rest: u64,
    host: Host,
}

impl ScenarioHost {
    pub(super) fn start(scenario: &Scenario) -> Self {
        // Each run waits until all is told: to wait longer would show nothing more.
        let host = Host::start_with(&["--notify-after=0"]);
        let context = ScenarioContext::new(host.socket());
        if !scenario.ends_the_driver {
            // Whatever the driver keeps for the observer, it keeps from here on.
            context.observer();
            set_up(&context, scenario);
            take_down(&context, scenario);
        }
        Self {
            at_rest: context.outstanding(),
            watchdog: Watchdog::start(host.id(), scenario.name),
            context,
            host,
        }
    }

    /// A run in which nothing fails: how much more the driver has afterwards than at rest.
    pub(super) fn run_cleanly(&self, scenario: &Scenario) -> u64 {
        let context = &self.context;
        set_up(context, scenario);
        context.begin();
        let outcome = (scenario.run)(context);
        context.quiesce();
        assert_eq!(
            status(&outcome),
            Some(scenario.expects),
            "{}: a run in which nothing fails",
            scenario.name
        );
        take_down(context, scenario);
        let left = context.outstanding().checked_sub(self.at_rest);
        left.expect("nobody gives back what he has not")
    }

    /// Ends the host, and demands that the driver leaves nothing behind.
    pub(super) fn stop(self) {
        let Self {
            context,
            watchdog,
            host,
            ..
        } = self;
        drop((context, watchdog));
        host.stop_clean();
    }
}

/// What is done before a run; nothing fails meanwhile.
pub(super) fn set_up(context: &ScenarioContext, scenario: &Scenario) {
    (scenario.before)(context);
    context.quiesce();
}

/// What is done after a run; nothing fails meanwhile.
pub(super) fn take_down(context: &ScenarioContext, scenario: &Scenario) {
    (scenario.after)(context);
    context.take_back();
}

/// What a run ended with; `None` if the host has gone.
pub(super) fn status(outcome: &Result<(), Error>) -> Option<NtStatus> {
    match outcome {
        Ok(()) => Some(NtStatus::SUCCESS),
        Err(error) => error.status(),
    }
}
