//! Fault injection: every call that may fail asks here first, and one of them, chosen by its
//! number, does.
//!
//! A scenario is run again and again, failing its call 0, then 1, then 2, until a run ends in
//! which the chosen number was never reached.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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

/// No call has this number.
const NEVER: u64 = u64::MAX;

static FIRST: AtomicU64 = AtomicU64::new(NEVER);
static AND_LATER: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Starts counting at 0 again, with `plan`.
pub fn arm(plan: Plan) {
    let (first, and_later) = match plan {
        Plan::Off => (NEVER, false),
        Plan::Only(first) => (first, false),
        Plan::From(first) => (first, true),
    };
    FIRST.store(NEVER, Ordering::SeqCst);
    AND_LATER.store(and_later, Ordering::SeqCst);
    CALLS.store(0, Ordering::SeqCst);
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

/// Counts a call of `function`, which may fail by its documentation, and says whether this one has
/// to. Any IRQL.
#[must_use]
pub fn inject(function: &str) -> bool {
    let number = CALLS.fetch_add(1, Ordering::SeqCst);
    let first = FIRST.load(Ordering::SeqCst);
    let fails = number == first || (number > first && AND_LATER.load(Ordering::SeqCst));
    if fails {
        eprintln!("nthost: fault: call {number}, {function}, fails");
    }
    fails
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: the plan is the process's.
    #[test]
    fn the_chosen_call_fails_and_the_run_says_when_it_was_not_reached() {
        let run = |calls: u64| (0..calls).map(|_| inject("test")).collect::<Vec<_>>();
        arm(Plan::Only(1));
        assert_eq!((run(3), fired()), (vec![false, true, false], true));
        arm(Plan::From(1));
        assert_eq!((run(3), fired()), (vec![false, true, true], true));
        arm(Plan::Only(3));
        assert_eq!((run(3), fired()), (vec![false; 3], false));
        arm(Plan::Off);
        assert_eq!((run(3), fired()), (vec![false; 3], false));
    }
}
