//! The runs of a scenario, and what has to be true of each of them.

use std::mem;
use std::time::Duration;

use abi::NtStatus;
use ipforward::{Error, Route};

use super::scenario_host::{ScenarioHost, set_up, status, take_down};
use super::{Scenario, ScenarioContext, SweepSummary};
use crate::control::{Failed, Plan};

/// After so long what could not be ended is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// More calls than any scenario makes.
const CALLS_MAX: u64 = 10_000;

/// Runs one scenario.
///
/// All runs begin alike, so that a number always means the same call: as soon as a run leaves
/// something behind, its host is stopped and the next run has a fresh one. What is left then is
/// memory that was reserved before something failed, or that the driver keeps from its first use
/// on.
pub(super) struct Runner<'a> {
    scenario: &'a Scenario,
    host: ScenarioHost,
    /// What the driver keeps from the first use on.
    kept: u64,
    /// The functions that may fail, in the order of their calls.
    functions: Vec<String>,
}

/// One run.
struct Run<'a> {
    scenario: &'a Scenario,
    plan: Plan,
    way: u8,
    failed: Option<&'a Failed>,
    place: &'a str,
}

impl<'a> Runner<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let kept = if scenario.ends_the_driver {
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

    /// How many runs there are.
    fn run_each(&mut self, plan: Plan) -> u64 {
        let mut runs = 0;
        for number in 0..CALLS_MAX {
            for way in 0.. {
                let Some(failed) = self.run(plan, number, way) else {
                    self.is_last(number, way);
                    return runs;
                };
                self.is_numbered(number, &failed);
                runs += 1;
                if u32::from(way) + 1 >= failed.ways {
                    break;
                }
            }
        }
        panic!("{}: more than {CALLS_MAX} calls", self.scenario.name)
    }

    /// A run that ended before the turn of a call shows that there are no more.
    fn is_last(&self, number: u64, way: u8) {
        let calls = self.functions.len() as u64;
        assert_eq!(
            (number, way),
            (calls, 0),
            "{}: there were more calls once; the last ones: {:?}",
            self.scenario.name,
            self.functions.iter().rev().take(8).collect::<Vec<_>>()
        );
    }

    /// The call with a number is the same one in each run: else some call may never have failed.
    fn is_numbered(&mut self, number: u64, failed: &Failed) {
        let known = usize::try_from(number).expect("a place in memory");
        match self.functions.get(known) {
            None => self.functions.push(failed.function.clone()),
            Some(function) => assert_eq!(
                *function, failed.function,
                "{}: call {number} is another one each time",
                self.scenario.name
            ),
        }
    }

    /// One run. `None` if it ended before the call's turn came.
    fn run(&mut self, plan: Plan, number: u64, way: u8) -> Option<Failed> {
        let Self { scenario, host, .. } = self;
        let context = &host.context;
        set_up(context, scenario);
        let before = context.routes();

        context.arm(plan, number, way);
        let outcome = (scenario.run)(context);
        let failed = context.disarm();
        context.pass_time(RETRY);

        let place = format!(
            "{}, call {number} {plan:?}, way {way}: {failed:?} led to {outcome:?}",
            scenario.name
        );
        let run = Run {
            scenario,
            plan,
            way,
            failed: failed.as_ref(),
            place: &place,
        };
        run.is_told(&outcome);
        run.keeps_its_claims(context, &before);
        if scenario.ends_the_driver {
            self.start_afresh();
        } else {
            take_down(context, scenario);
            self.nothing_is_left(&place);
        }
        self.host.watchdog.feed();
        failed
    }

    /// What the run took has been given back, or will be by the next one; at the latest when the
    /// driver is unloaded.
    fn nothing_is_left(&mut self, place: &str) {
        let context = &self.host.context;
        if context.outstanding() == self.host.at_rest {
            return;
        }
        let left = self.host.run_cleanly(self.scenario);
        assert_eq!(
            left,
            self.kept,
            "more is left than is kept; {place}\n{}",
            self.host.context.list_outstanding()
        );
        self.start_afresh();
    }

    fn start_afresh(&mut self) {
        let fresh = ScenarioHost::start(self.scenario);
        mem::replace(&mut self.host, fresh).stop();
    }
}

impl Run<'_> {
    /// What reaches the client is the first failure, unless that may be without consequence.
    fn is_told(&self, outcome: &Result<(), Error>) {
        let Self {
            scenario, place, ..
        } = self;
        let status = status(outcome).unwrap_or_else(|| panic!("no status; {place}"));
        match self.failed {
            None => assert_eq!(status, scenario.expects, "{place}"),
            // Then it may be a later failure that is told, or none.
            Some(failed) if (scenario.tolerates)(&failed.function, failed.status) => {}
            Some(_) if scenario.claims && self.may_be_silent(status == scenario.expects) => {}
            Some(failed) => assert_eq!(status, for_callers(failed.status), "{place}"),
        }
    }

    /// What the run claims is so, and the table is as it was, or changed as the run meant it.
    fn keeps_its_claims(&self, context: &ScenarioContext, before: &[Route]) {
        let place = self.place;
        let broken = context.broken();
        assert_eq!(broken.in_any_case, [""; 0], "{place}");
        if self.scenario.claims && self.is_refused_for_good() {
            return;
        }
        assert_eq!(broken.claims, [""; 0], "{place}");
        let changed = different(before, &context.routes());
        assert_eq!(
            changed,
            context.has_changed_the_table(),
            "the table; {place}"
        );
    }

    /// Whether a run that claims what its success means need not tell the first failure.
    fn may_be_silent(&self, succeeded: bool) -> bool {
        succeeded || self.plan == Plan::From || self.is_refused_for_good()
    }

    /// Whether the stack has refused in a way that does not pass to show, change or delete a route:
    /// nobody can know better then, nor do anything about it.
    fn is_refused_for_good(&self) -> bool {
        // The first way of every call on routes is a lack of memory.
        self.way > 0
            && self.failed.is_some_and(|failed| {
                let asks = ["Get", "Set", "Delete"]
                    .iter()
                    .any(|verb| failed.function.starts_with(verb));
                asks || self.plan == Plan::From
            })
    }
}

/// What the caller of a request gets to see of a status: the framework's own stay inside.
pub fn for_callers(status: NtStatus) -> NtStatus {
    const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);
    match status.bits() {
        // STATUS_WDF_PAUSED and STATUS_WDF_BUSY.
        0xC020_0203 | 0xC020_0204 => DEVICE_BUSY,
        0xC020_0205..=0xC020_0214 => NtStatus::INVALID_DEVICE_REQUEST,
        _ => status,
    }
}

/// Whether two looks at the table differ in more than their order.
fn different(before: &[Route], after: &[Route]) -> bool {
    before.len() != after.len() || before.iter().any(|route| !after.contains(route))
}
