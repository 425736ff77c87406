//! Fault injection: every function that may fail asks this module first, which makes one call fail,
//! chosen by its number.
//!
//! A scenario is run again and again, failing its call 0, then 1, then 2, until a run ends in
//! which the chosen number was never reached. A call that may fail in several ways is failed in
//! each of them.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::{console, pause_point};

/// Which calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// None.
    Off,
    /// The call with this number (from 0), alone.
    Only(u64),
    /// The call with this number and all later ones.
    From(u64),
}

impl Plan {
    const fn fails(self, number: u64) -> bool {
        match self {
            Self::Off => false,
            Self::Only(first) => number == first,
            Self::From(first) => number >= first,
        }
    }
}

/// The first call that was failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The function, or the kind of object that was to be created.
    pub function: String,
    /// With what it failed; for those that answer with null, what that means.
    pub status: NtStatus,
    /// In how many ways it may fail.
    pub ways: usize,
    /// Whether this call, or a later one that failed too, answered that something is absent.
    pub said_absent: bool,
}

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Calls that asked.
    pub calls: u64,
    /// The first one that was failed.
    pub failed: Option<Failed>,
}

/// A plan, and its result so far.
struct Injection {
    plan: Plan,
    way: usize,
    /// Only functions whose name contains this are counted.
    among: String,
    /// The calls that it has counted.
    calls: u64,
    failed: Option<Failed>,
}

/// The one way in which most calls fail.
const NO_MEMORY: [NtStatus; 1] = [NtStatus::INSUFFICIENT_RESOURCES];

/// One lock for all of it: ending a plan returns every call that it failed.
static INJECTION: Mutex<Injection> = Mutex::new(Injection {
    plan: Plan::Off,
    way: 0,
    among: String::new(),
    calls: 0,
    failed: None,
});
/// Calls that asked while no plan chose among them. A call that began before the plan may still count
/// itself here, and so has none of the plan's numbers.
static CALLS: AtomicU64 = AtomicU64::new(0);
/// True while a plan says more than to count all calls, which few hosts' plans do.
static CHOOSES: AtomicBool = AtomicBool::new(false);

/// The functions of this machine, some of which may fail; empty until they are published.
static FUNCTIONS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Publishes the names of the functions that images can call in this machine.
pub fn publish(functions: Vec<&'static str>) {
    *FUNCTIONS.lock() = functions;
}

/// Why no plan and no pause point can reach a function with `among` in its name; `None` if one can. With a
/// framework library the functions of KMDF are calls between the driver and the library.
#[must_use]
pub fn why_unreachable(among: &str) -> Option<String> {
    let functions = FUNCTIONS.lock();
    let is_known = functions.is_empty() || functions.iter().any(|name| name.contains(among));
    let reason = || {
        format!(
            "no function of this machine has `{among}` in its name; \
             with --framework the functions of KMDF are the library's"
        )
    };
    (!is_known).then(reason)
}

/// Starts counting at 0 again, with `plan`. Calls fail in the first of their ways.
pub fn arm(plan: Plan) {
    arm_way(plan, 0);
}

/// As [`arm`]; calls fail in the way with this number, or if they have fewer, counted round.
pub fn arm_way(plan: Plan, way: usize) {
    arm_among(plan, way, "");
}

/// As [`arm_way`]; only functions count whose name contains `among`.
pub fn arm_among(plan: Plan, way: usize, among: &str) {
    let mut injection = INJECTION.lock();
    *injection = Injection {
        plan,
        way,
        among: among.to_owned(),
        calls: 0,
        failed: None,
    };
    CALLS.store(0, Ordering::SeqCst);
    CHOOSES.store(plan != Plan::Off || !among.is_empty(), Ordering::SeqCst);
}

/// Ends the plan: from now on no call fails. Returns the plan's result.
#[must_use]
pub fn disarm() -> Report {
    let mut injection = INJECTION.lock();
    injection.plan = Plan::Off;
    let all = CALLS.swap(0, Ordering::SeqCst);
    let calls = if CHOOSES.swap(false, Ordering::SeqCst) {
        injection.calls
    } else {
        all
    };
    Report {
        calls,
        failed: mem::take(&mut injection.failed),
    }
}

/// Counts a call of `function`, which has no memory if it fails, and says whether this one has to.
/// Any IRQL.
#[must_use]
pub fn inject(function: &str) -> bool {
    inject_one_of(function, &[&NO_MEMORY]).is_some()
}

/// Counts a call of `function`, which by its documentation may fail with each status of these
/// `lists`, and gives that with which this one has to. Any IRQL.
#[must_use]
pub fn inject_one_of(function: &str, lists: &[&[NtStatus]]) -> Option<NtStatus> {
    inject_with(function, || lists.concat())
}

/// As [`inject_one_of`], with statuses that are listed only for a call that has to fail.
#[must_use]
#[inline]
pub fn inject_with(function: &str, list: impl FnOnce() -> Vec<NtStatus>) -> Option<NtStatus> {
    pause_point::reach(function);
    if CHOOSES.load(Ordering::SeqCst) {
        return choose(function, list);
    }
    CALLS.fetch_add(1, Ordering::Relaxed);
    None
}

#[cold]
fn choose(function: &str, list: impl FnOnce() -> Vec<NtStatus>) -> Option<NtStatus> {
    INJECTION.lock().count(function, list)
}

impl Injection {
    /// Counts a call, if the plan includes its function. Returns the status with which it must
    /// fail.
    fn count(&mut self, function: &str, list: impl FnOnce() -> Vec<NtStatus>) -> Option<NtStatus> {
        if !function.contains(&self.among) {
            return None;
        }
        let number = self.calls;
        self.calls += 1;
        if !self.plan.fails(number) {
            return None;
        }
        let statuses = list();
        let way = self.way.checked_rem(statuses.len())?;
        let status = *statuses.get(way)?;
        console::write_line(&format!(
            "fault: call {number}, {function}, fails: {status}"
        ));
        let first = self.failed.get_or_insert_with(|| Failed {
            function: function.to_owned(),
            status,
            ways: statuses.len(),
            said_absent: false,
        });
        first.said_absent |= status.is_absent();
        Some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run_alone;

    #[test]
    fn a_function_that_the_machine_lacks_is_not_reached() {
        run_alone!(lacks_functions);
    }

    fn lacks_functions() {
        assert_eq!(
            why_unreachable("WdfTimerCreate"),
            None,
            "nothing is published"
        );
        publish(vec!["IoCreateDevice", "ExAllocatePool2"]);
        assert_eq!(why_unreachable(""), None);
        assert_eq!(why_unreachable("ExAllocatePool"), None);
        let reason = why_unreachable("WdfTimerCreate").expect("it is no function");
        assert!(reason.contains("`WdfTimerCreate`"), "{reason}");
    }

    #[test]
    fn the_chosen_call_fails_and_the_plan_reports_it() {
        run_alone!(chosen_calls_fail);
    }

    fn chosen_calls_fail() {
        let run = |calls: u64| (0..calls).map(|_| inject("test")).collect::<Vec<_>>();
        let has_failed = || disarm().failed.is_some();
        arm(Plan::Only(1));
        assert_eq!((run(3), has_failed()), (vec![false, true, false], true));
        arm(Plan::From(1));
        assert_eq!((run(3), has_failed()), (vec![false, true, true], true));
        arm(Plan::Only(3));
        assert_eq!((run(3), has_failed()), (vec![false; 3], false));
        assert_eq!(run(3), [false; 3]);
        let report = disarm();
        assert_eq!((report.calls, report.failed), (3, None));

        let lists: [&[_]; 2] = [
            &[NtStatus::NOT_FOUND],
            &[NtStatus::NOT_SUPPORTED, NtStatus::CANCELLED],
        ];
        let ways = lists.concat();
        for (way, status) in ways.iter().chain(&ways).enumerate() {
            arm_way(Plan::Only(0), way);
            assert_eq!(inject_one_of("test", &lists), Some(*status));
            assert_eq!(inject_one_of("test", &lists), None);
            let failed = disarm().failed.unwrap();
            assert_eq!((failed.status, failed.ways), (*status, 3));
        }
        arm(Plan::Only(0));
        // A call that began before the plan.
        CALLS.fetch_add(1, Ordering::Relaxed);
        let report = (run(2), disarm().calls);
        assert_eq!(report, (vec![true, false], 2));

        arm_among(Plan::Only(1), 0, "es");
        assert_eq!((run(3), has_failed()), (vec![false, true, false], true));
        arm_among(Plan::From(0), 0, "other");
        assert_eq!((run(3), has_failed()), (vec![false; 3], false));
    }
}
