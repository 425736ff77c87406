//! What must hold after a run.

use abi::NtStatus;
use ipforward::Error;
use nthost_testkit::sweep::{self, Run, SweepControl, status_for_client};
use nthost_testkit::{Failed, Host, Plan};

use super::{Scenario, ScenarioContext};
use crate::hosts::{framework_image, start_host_with};

impl sweep::Scenario for Scenario {
    type Context = ScenarioContext;
    type Outcome = Result<(), Error>;

    fn name(&self) -> &str {
        self.name
    }

    fn start(&self) -> Host {
        // Each run waits for all notifications, so a delay would only take time.
        start_host_with(&["--notify-after=0", "--no-stacks"])
    }

    fn prepare(&self, control: SweepControl) -> ScenarioContext {
        let context = ScenarioContext::new(control);
        if !self.unloads_driver {
            // What the driver allocates for the observer belongs to its state at rest.
            context.observer();
        }
        context
    }

    fn control<'a>(&self, context: &'a ScenarioContext) -> &'a SweepControl {
        &context.control
    }

    fn set_up(&self, context: &ScenarioContext) {
        (self.before)(context);
    }

    fn run(&self, context: &ScenarioContext) -> Result<(), Error> {
        context.begin();
        (self.run)(context)
    }

    fn check(&self, context: &ScenarioContext, run: &Run<'_, Self::Outcome>) {
        let status = status(run.outcome);
        let Some(plan) = run.plan else {
            assert_eq!(status, Some(self.expects), "{}", run.describe());
            return;
        };
        let status = status.unwrap_or_else(|| panic!("no status; {}", run.describe()));
        let check = Check {
            scenario: self,
            plan,
            way: run.way,
            failed: run.failed,
            place: run.describe(),
        };
        check.status(status);
        check.claims(context);
    }

    fn take_down(&self, context: &ScenarioContext) {
        (self.after)(context);
        context.clean_up();
    }

    fn unloads_driver(&self) -> bool {
        self.unloads_driver
    }
}

/// The checks of one run with a fault.
struct Check<'a> {
    scenario: &'a Scenario,
    plan: Plan,
    way: u8,
    failed: Option<&'a Failed>,
    place: &'a str,
}

impl Check<'_> {
    /// The client gets the status of the first failure, unless that failure may have no consequence.
    fn status(&self, status: NtStatus) {
        let Self {
            scenario, place, ..
        } = self;
        match self.failed {
            None => assert_eq!(status, scenario.expects, "{place}"),
            Some(_) if self.is_survived_by_a_library(status == scenario.expects) => {}
            // The client may get the status of a later failure, or success.
            Some(failed) if (scenario.tolerates)(&failed.function, failed.status) => {}
            Some(_) if scenario.claims && self.may_be_silent(status == scenario.expects) => {}
            Some(failed) => assert_eq!(status, status_for_client(failed.status), "{place}"),
        }
    }

    /// The run's claims are true, and the table is as the run recorded.
    fn claims(&self, context: &ScenarioContext) {
        let place = self.place;
        let broken = context.broken();
        assert_eq!(broken.requirements, [""; 0], "{place}");
        if self.scenario.claims && self.is_refused_permanently() {
            return;
        }
        assert_eq!(broken.claims, [""; 0], "{place}");
        assert!(context.table_is_as_recorded(), "the table; {place}");
    }

    /// True if a run that claims what its success means need not report the first failure.
    fn may_be_silent(&self, succeeded: bool) -> bool {
        succeeded || self.plan == Plan::From || self.is_refused_permanently()
    }

    /// True if a framework library may have done without the allocation that failed first. The run then
    /// succeeds, or ends with a later failure.
    fn is_survived_by_a_library(&self, succeeded: bool) -> bool {
        framework_image().is_some() && (succeeded || self.plan == Plan::From)
    }

    /// True if the stack has permanently refused to read, change or delete a route, or the compartment
    /// of a route: then the driver cannot know the state of the route.
    fn is_refused_permanently(&self) -> bool {
        // The first way of each call on routes is a lack of memory, which is transient.
        self.way > 0
            && self.failed.is_some_and(|failed| {
                let asks = ["Get", "Set", "Delete", "NdisSet"]
                    .iter()
                    .any(|verb| failed.function.starts_with(verb));
                asks || self.plan == Plan::From
            })
    }
}

/// The status of a run; `None` if the host has ended.
fn status(outcome: &Result<(), Error>) -> Option<NtStatus> {
    match outcome {
        Ok(()) => Some(NtStatus::SUCCESS),
        Err(error) => error.status(),
    }
}
