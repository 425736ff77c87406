//! A host for the runs of one scenario.

use super::watchdog::Watchdog;
use super::{Run, Scenario, SweepControl};
use crate::host::Host;

/// A host, and what the runs on it share.
pub(super) struct ScenarioHost<S: Scenario> {
    pub(super) context: S::Context,
    pub(super) watchdog: Watchdog,
    /// How many resources the driver has between two runs.
    pub(super) at_rest: u64,
    host: Host,
}

impl<S: Scenario> ScenarioHost<S> {
    pub(super) fn start(scenario: &S) -> Self {
        let host = scenario.start();
        let context = scenario.prepare(SweepControl::new(host.socket()));
        if !scenario.unloads_driver() {
            // What the driver allocates at its first use belongs to its state at rest.
            set_up(&context, scenario);
            take_down(&context, scenario);
        }
        let control = scenario.control(&context);
        // A framework library ends the start of a device in work items.
        control.quiesce();
        let at_rest = control.process().outstanding();
        Self {
            at_rest,
            watchdog: Watchdog::start(host.id(), scenario.name()),
            context,
            host,
        }
    }

    /// Does a run without faults. The result is how many resources the driver has kept.
    pub(super) fn run_cleanly(&self, scenario: &S) -> u64 {
        let context = &self.context;
        let control = scenario.control(context);
        set_up(context, scenario);
        let outcome = scenario.run(context);
        control.quiesce();
        scenario.check(
            context,
            &Run {
                plan: None,
                way: 0,
                failed: None,
                outcome: &outcome,
                description: &format!("{}, a run without faults", scenario.name()),
            },
        );
        take_down(context, scenario);
        let outstanding = control.process().outstanding();
        let kept = outstanding.checked_sub(self.at_rest);
        kept.expect("the driver releases only what it has taken")
    }

    /// Stops the host and asserts that the driver leaves nothing behind.
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

/// Before a run.
pub(super) fn set_up<S: Scenario>(context: &S::Context, scenario: &S) {
    scenario.set_up(context);
    scenario.control(context).quiesce();
}

/// After a run.
pub(super) fn take_down<S: Scenario>(context: &S::Context, scenario: &S) {
    scenario.take_down(context);
    scenario.control(context).quiesce();
}
