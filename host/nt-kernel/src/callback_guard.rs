//! Checks that a callback of the driver returns with the IRQL, the critical regions, the locks and
//! the network compartment it was entered with.

use std::fmt;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_UNEXPECTED_VALUE};
use crate::irql::{self, Irql};
use crate::locks::{self, Held};
use crate::{callback_stack, critical_regions, thread};

/// The host's own first parameter of a stop for a lock that was not released: "LCK".
pub const HELD_LOCK: u64 = 0x4C_434B;
/// The host's own first parameter of a stop for critical regions that were not left: "REG".
const REGIONS: u64 = 0x52_4547;
/// The host's own first parameter of a stop for a thread that was left in another network compartment:
/// "CMP".
pub const COMPARTMENT: u64 = 0x43_4D50;

/// The state of a thread when it enters a callback.
#[derive(Clone, Copy, Debug)]
pub struct CallbackGuard {
    level: Irql,
    regions: u32,
    locks: usize,
    compartment: u32,
}

/// The difference that a callback leaves behind.
#[derive(Debug)]
pub enum Change {
    /// The level on entry and on return.
    Level(Irql, Irql),
    /// The number of critical regions on entry and on return.
    Regions(u32, u32),
    /// The locks.
    Locks,
    /// The network compartment on entry and on return.
    Compartment(u32, u32),
}

/// A [`Change`] in words.
pub struct ChangeReport<'a> {
    name: &'a str,
    change: Change,
    held: Option<Held>,
}

impl CallbackGuard {
    /// This thread enters the callback `name`.
    #[must_use]
    pub fn begin(name: String) -> Self {
        callback_stack::push(name);
        Self {
            level: irql::current(),
            regions: critical_regions::count(),
            locks: locks::count(),
            compartment: thread::current().compartment(),
        }
    }

    /// The callback has returned. The difference that it leaves behind, if any.
    #[must_use]
    pub fn end(self) -> Option<Change> {
        callback_stack::pop();
        let (level, regions) = (irql::current(), critical_regions::count());
        if level != self.level {
            return Some(Change::Level(self.level, level));
        }
        if regions != self.regions {
            return Some(Change::Regions(self.regions, regions));
        }
        if locks::count() != self.locks {
            return Some(Change::Locks);
        }
        let compartment = thread::current().compartment();
        (compartment != self.compartment)
            .then_some(Change::Compartment(self.compartment, compartment))
    }
}

impl<'a> ChangeReport<'a> {
    /// The words for a change that the callback `name` has made.
    #[must_use]
    pub fn new(name: &'a str, change: Change) -> Self {
        Self {
            name,
            change,
            held: locks::latest(|_| true),
        }
    }
}

impl fmt::Display for ChangeReport<'_> {
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
            Change::Compartment(before, after) => write!(
                formatter,
                "{name} was entered in network compartment {before} and returned in {after}: the \
                 thread's later calls of the network would act there"
            )?,
        }
        match held {
            Some(held) => write!(formatter, "; it returned with {held}"),
            None => Ok(()),
        }
    }
}

/// Stops the machine for the lock that `report` names.
pub fn stop_for_locks(report: &ChangeReport) -> ! {
    let lock = report.held.as_ref().map_or(0, |held| held.lock);
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [HELD_LOCK, lock as u64, 0, 0],
        rule: report.to_string(),
    })
}

/// Stops the machine for a thread that was left in another network compartment.
pub fn stop_for_compartment(report: &ChangeReport) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [COMPARTMENT, 0, 0, 0],
        rule: report.to_string(),
    })
}

/// Runs `callback`, the driver's `name`, and stops the machine if it leaves a difference behind.
pub fn run<R>(name: &str, callback: impl FnOnce() -> R) -> R {
    let guard = CallbackGuard::begin(name.to_owned());
    let result = callback();
    require_unchanged(name, guard);
    result
}

/// As [`run`], for work of the host's own in which the driver may be called.
pub fn run_host<R>(name: &str, work: impl FnOnce() -> R) -> R {
    run(name, work)
}

fn require_unchanged(name: &str, guard: CallbackGuard) {
    if let Some(change) = guard.end() {
        stop_for(name, change);
    }
}

/// Stops the machine for the difference that the callback `name` has left behind.
pub fn stop_for(name: &str, change: Change) -> ! {
    let (code, first) = match change {
        Change::Level(level, left) => {
            let combined = u64::from(left.0) << 16 | u64::from(level.0) << 8;
            (IRQL_UNEXPECTED_VALUE, combined)
        }
        Change::Regions(..) => (DRIVER_VERIFIER_DETECTED_VIOLATION, REGIONS),
        Change::Locks => stop_for_locks(&ChangeReport::new(name, change)),
        Change::Compartment(..) => stop_for_compartment(&ChangeReport::new(name, change)),
    };
    bugcheck::stop(BugCheck {
        code,
        parameters: [first, 0, 0, 0],
        rule: ChangeReport::new(name, change).to_string(),
    })
}
