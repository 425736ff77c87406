//! A thread's way into the driver and back: it has to come back the way it went.

use std::cell::RefCell;
use std::fmt;

use super::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_UNEXPECTED_VALUE};
use super::irql::{self, Irql};
use super::locks::{self, Held};
use super::regions;

/// The host's own first parameter of a stop for a lock that was not given back: "LCK".
pub(crate) const HELD_LOCK: u64 = 0x4C_434B;
/// The host's own first parameter of a stop for critical regions that were not left: "REG".
const REGIONS: u64 = 0x52_4547;

/// What a thread has when it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Excursion {
    level: Irql,
    regions: u32,
    locks: usize,
}

/// What is not as it was.
#[derive(Debug)]
pub(crate) enum Change {
    /// The level.
    Level(Irql, Irql),
    /// The critical regions.
    Regions(u32, u32),
    /// The locks.
    Locks,
}

/// What to say of a change.
pub(crate) struct Words<'a> {
    name: &'a str,
    change: Change,
    held: Option<Held>,
}

thread_local! {
    /// What this thread has gone for, the outermost first.
    static WITHIN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What this thread has gone into the driver for, the innermost first; nothing if it is not there.
pub(crate) fn within() -> Vec<String> {
    WITHIN.with_borrow(|within| within.iter().rev().cloned().collect())
}

impl Excursion {
    /// This thread goes now, for `what`.
    pub(crate) fn begin(what: String) -> Self {
        WITHIN.with_borrow_mut(|within| within.push(what));
        Self {
            level: irql::current(),
            regions: regions::count(),
            locks: locks::count(),
        }
    }

    /// The thread is back: what is not as it was, if anything is not.
    pub(crate) fn end(self) -> Option<Change> {
        WITHIN.with_borrow_mut(Vec::pop);
        let (level, regions) = (irql::current(), regions::count());
        if level != self.level {
            return Some(Change::Level(self.level, level));
        }
        if regions != self.regions {
            return Some(Change::Regions(self.regions, regions));
        }
        (locks::count() != self.locks).then_some(Change::Locks)
    }
}

impl<'a> Words<'a> {
    /// The words for a change that the callback `name` has made.
    pub(crate) fn new(name: &'a str, change: Change) -> Self {
        Self {
            name,
            change,
            held: locks::latest(|_| true),
        }
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, change, held } = self;
        match change {
            Change::Level(level, left) => {
                write!(
                    formatter,
                    "{name} was entered at {level} and returned at {left}"
                )?;
            }
            Change::Regions(before, after) => write!(
                formatter,
                "{name} was entered in {before} critical regions and returned in {after}: a wait \
                 lock was kept or let go of, or KeEnterCriticalRegion has no KeLeaveCriticalRegion"
            )?,
            Change::Locks => write!(formatter, "{name} has kept a lock, or let go of one")?,
        }
        match held {
            Some(held) => write!(formatter, "; it returned with {held}"),
            None => Ok(()),
        }
    }
}

/// Stops the machine for a lock that `words` tell of.
pub(crate) fn stop_for_locks(words: &Words) -> ! {
    let lock = words.held.as_ref().map_or(0, |held| held.lock);
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [HELD_LOCK, lock as u64, 0, 0],
        rule: words.to_string(),
    })
}

/// Runs `callback`, the driver's `name`, and stops the machine if it does not come back the way it
/// went.
pub(crate) fn run<R>(name: &str, callback: impl FnOnce() -> R) -> R {
    let excursion = Excursion::begin(name.to_owned());
    let result = callback();
    let Some(change) = excursion.end() else {
        return result;
    };
    let (code, first) = match change {
        Change::Level(level, left) => {
            let combined = u64::from(left.0) << 16 | u64::from(level.0) << 8;
            (IRQL_UNEXPECTED_VALUE, combined)
        }
        Change::Regions(..) => (DRIVER_VERIFIER_DETECTED_VIOLATION, REGIONS),
        Change::Locks => stop_for_locks(&Words::new(name, change)),
    };
    bugcheck::stop(BugCheck {
        code,
        parameters: [first, 0, 0, 0],
        rule: Words::new(name, change).to_string(),
    })
}
