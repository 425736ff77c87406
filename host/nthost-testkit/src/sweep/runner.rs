//! The runs of a scenario.

use std::mem;
use std::time::Duration;

use super::scenario_host::{ScenarioHost, set_up, take_down};
use super::{Run, Scenario, SweepSummary};
use crate::fault::{Failed, Plan};

/// After this time a driver has retried what failed.
const RETRY: Duration = Duration::from_secs(1);
/// More calls than any scenario makes.
const CALLS_MAX: u64 = 10_000;

/// Runs one scenario.
///
/// All runs must begin in the same state, so that a number always means the same call. When a run
/// leaves resources behind, the next run gets a fresh host. Such resources are allowed only if a
/// run without faults leaves as many: the driver keeps them from its first use on.
pub(super) struct Runner<'a, S: Scenario> {
    scenario: &'a S,
    host: ScenarioHost<S>,
    /// How many resources the driver keeps from its first use on.
    kept: u64,
    /// The functions that can fail, in the order of their calls.
    functions: Vec<String>,
}

impl<'a, S: Scenario> Runner<'a, S> {
    pub(super) fn new(scenario: &'a S) -> Self {
        let kept = if scenario.unloads_driver() {
            0
        } else {
            let host = ScenarioHost::start(scenario);
            let kept = host.run_cleanly(scenario);
            host.stop();
            kept
        };
        Self {
            scenario,
            host: ScenarioHost::start(scenario),
            kept,
            functions: Vec::new(),
        }
    }

    pub(super) fn stop(self) {
        self.host.stop();
    }

    pub(super) fn run_all(&mut self) -> SweepSummary {
        let runs = self.run_each(Plan::Only) + self.run_each(Plan::From);
        SweepSummary {
            scenarios: 1,
            points: self.functions.len() as u64,
            runs,
        }
    }

    /// Fails each call in each of its ways; the result is how many runs there were.
    fn run_each(&mut self, plan: Plan) -> u64 {
        let mut runs = 0;
        for number in 0..CALLS_MAX {
            for way in 0.. {
                let Some(failed) = self.run(plan, number, way) else {
                    self.check_last(number, way);
                    return runs;
                };
                self.check_number(number, &failed);
                runs += 1;
                if u32::from(way) + 1 >= failed.ways {
                    break;
                }
            }
        }
        panic!("{}: more than {CALLS_MAX} calls", self.scenario.name())
    }

    /// A run that ended before the call's turn must be one past the last call.
    fn check_last(&self, number: u64, way: u8) {
        let calls = self.functions.len() as u64;
        assert_eq!(
            (number, way),
            (calls, 0),
            "{}: an earlier run made more calls; the last ones: {:?}",
            self.scenario.name(),
            self.functions.iter().rev().take(8).collect::<Vec<_>>()
        );
    }

    /// The call with a number must be the same in each run: otherwise some call may never fail.
    fn check_number(&mut self, number: u64, failed: &Failed) {
        let index = usize::try_from(number).expect("fewer calls than CALLS_MAX");
        match self.functions.get(index) {
            None => self.functions.push(failed.function.clone()),
            Some(function) => assert_eq!(
                *function,
                failed.function,
                "{}: call {number} differs between two runs",
                self.scenario.name()
            ),
        }
    }

    /// Does one run. `None` if it ended before the call's turn.
    fn run(&mut self, plan: Plan, number: u64, way: u8) -> Option<Failed> {
        let Self { scenario, host, .. } = self;
        let context = &host.context;
        let control = scenario.control(context);
        set_up(context, *scenario);

        control.arm(plan, number, way);
        let outcome = scenario.run(context);
        let failed = control.disarm();
        control.pass_time(RETRY);

        let description = format!(
            "{}, call {number} {plan:?}, way {way}: {failed:?} led to {outcome:?}",
            scenario.name()
        );
        scenario.check(
            context,
            &Run {
                plan: Some(plan),
                way,
                failed: failed.as_ref(),
                outcome: &outcome,
                description: &description,
            },
        );
        if scenario.unloads_driver() {
            self.restart();
        } else {
            take_down(context, *scenario);
            self.check_resources(&description);
        }
        self.host.watchdog.reset();
        failed
    }

    /// The run's resources must be released now, or by the next run, or at unload at the latest.
    fn check_resources(&mut self, description: &str) {
        let control = self.scenario.control(&self.host.context);
        if control.process().outstanding() == self.host.at_rest {
            return;
        }
        let left = self.host.run_cleanly(self.scenario);
        assert_eq!(
            left,
            self.kept,
            "the driver has not released everything; {description}\n{}",
            control.process().list_outstanding()
        );
        self.restart();
    }

    fn restart(&mut self) {
        let fresh = ScenarioHost::start(self.scenario);
        mem::replace(&mut self.host, fresh).stop();
    }
}
