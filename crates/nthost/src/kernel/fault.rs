//! Fault injection: every call that may fail asks here first, and one of them, chosen by its
//! number, does.
//!
//! A scenario is run again and again, failing its call 0, then 1, then 2, until a run ends in
//! which the chosen number was never reached. A call that may fail in several ways is failed in
//! each of them.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use abi::NtStatus;
use parking_lot::Mutex;

use super::hold;

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

/// The first call that was failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The function, or the kind of object that was to be created.
    pub function: String,
    /// With what it failed; for those that answer with null, what that means.
    pub status: NtStatus,
    /// In how many ways it may fail.
    pub ways: usize,
}

/// No call has this number.
const NEVER: u64 = u64::MAX;
/// The one way in which most calls fail.
const NO_MEMORY: [NtStatus; 1] = [NtStatus::INSUFFICIENT_RESOURCES];

static FIRST: AtomicU64 = AtomicU64::new(NEVER);
static AND_LATER: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static WAY: AtomicUsize = AtomicUsize::new(0);
static FAILED: Mutex<Option<Failed>> = Mutex::new(None);
/// What the name of a function has to contain to count.
static AMONG: Mutex<String> = Mutex::new(String::new());

/// Starts counting at 0 again, with `plan`. Calls fail in the first of their ways.
pub fn arm(plan: Plan) {
    arm_way(plan, 0);
}

/// As [`arm`]; calls fail in the way with this number, or if they have fewer, counted round.
pub fn arm_way(plan: Plan, way: usize) {
    let (first, and_later) = match plan {
        Plan::Off => (NEVER, false),
        Plan::Only(first) => (first, false),
        Plan::From(first) => (first, true),
    };
    FIRST.store(NEVER, Ordering::SeqCst);
    AMONG.lock().clear();
    AND_LATER.store(and_later, Ordering::SeqCst);
    WAY.store(way, Ordering::SeqCst);
    *FAILED.lock() = None;
    CALLS.store(0, Ordering::SeqCst);
    FIRST.store(first, Ordering::SeqCst);
}

/// As [`arm_way`]; only functions count whose name contains `among`.
pub fn arm_among(plan: Plan, way: usize, among: &str) {
    arm_way(Plan::Off, way);
    among.clone_into(&mut AMONG.lock());
    CALLS.store(0, Ordering::SeqCst);
    let (Plan::Only(first) | Plan::From(first)) = plan else {
        return;
    };
    AND_LATER.store(matches!(plan, Plan::From(_)), Ordering::SeqCst);
    FIRST.store(first, Ordering::SeqCst);
}

/// How many calls have asked since [`arm`].
#[must_use]
pub fn calls() -> u64 {
    CALLS.load(Ordering::SeqCst)
}

/// Whether a call has been failed since [`arm`].
#[must_use]
pub fn fired() -> bool {
    calls() > FIRST.load(Ordering::SeqCst)
}

/// The first call that has been failed since [`arm`].
#[must_use]
pub fn failed() -> Option<Failed> {
    FAILED.lock().clone()
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
    hold::pass(function);
    if !function.contains(AMONG.lock().as_str()) {
        return None;
    }
    let number = CALLS.fetch_add(1, Ordering::SeqCst);
    let first = FIRST.load(Ordering::SeqCst);
    let fails = number == first || (number > first && AND_LATER.load(Ordering::SeqCst));
    if !fails {
        return None;
    }
    let statuses = lists.concat();
    let way = WAY.load(Ordering::SeqCst).checked_rem(statuses.len())?;
    let status = *statuses.get(way)?;
    eprintln!("nthost: fault: call {number}, {function}, fails: {status}");
    FAILED.lock().get_or_insert_with(|| Failed {
        function: function.to_owned(),
        status,
        ways: statuses.len(),
    });
    Some(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::run_alone;

    #[test]
    fn the_chosen_call_fails_and_the_run_says_when_it_was_not_reached() {
        run_alone!(chosen_calls_fail);
    }

    fn chosen_calls_fail() {
        let run = |calls: u64| (0..calls).map(|_| inject("test")).collect::<Vec<_>>();
        arm(Plan::Only(1));
        assert_eq!((run(3), fired()), (vec![false, true, false], true));
        arm(Plan::From(1));
        assert_eq!((run(3), fired()), (vec![false, true, true], true));
        arm(Plan::Only(3));
        assert_eq!((run(3), fired()), (vec![false; 3], false));
        arm(Plan::Off);
        assert_eq!((run(3), fired()), (vec![false; 3], false));
        assert_eq!(failed(), None);

        let lists: [&[_]; 2] = [
            &[NtStatus::NOT_FOUND],
            &[NtStatus::NOT_SUPPORTED, NtStatus::CANCELLED],
        ];
        let ways = lists.concat();
        for (way, status) in ways.iter().chain(&ways).enumerate() {
            arm_way(Plan::Only(0), way);
            assert_eq!(inject_one_of("test", &lists), Some(*status));
            assert_eq!(inject_one_of("test", &lists), None);
            let failed = failed().unwrap();
            assert_eq!((failed.status, failed.ways), (*status, 3));
        }
        arm_among(Plan::Only(1), 0, "es");
        assert_eq!((run(3), fired()), (vec![false, true, false], true));
        arm_among(Plan::From(0), 0, "other");
        assert_eq!((run(3), fired()), (vec![false; 3], false));
        arm(Plan::Off);
        assert_eq!(run(1), [false]);
    }
}
