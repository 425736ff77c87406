//! Checks that a callback of the driver returns with the IRQL, the critical regions, the locks and
//! the network compartment it was entered with.

use std::borrow::Cow;
use std::fmt;

use crate::bugcheck::{
    self, APC_INDEX_MISMATCH, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, IRQL_UNEXPECTED_VALUE,
};
use crate::irql::{self, Irql};
use crate::locks::{self, Held, LockKind};
use crate::on_windows::{self, Rule};
use crate::thread::{self, Thread};
use crate::{callback_stack, critical_regions, processor_block, verification};

/// The host's own first parameter of a stop for a lock that was not released: "LCK".
pub const HELD_LOCK: u64 = 0x4C_434B;
/// The host's own first parameter of a stop for critical regions that were not left: "REG".
pub(crate) const REGIONS: u64 = 0x52_4547;
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
    pub fn begin(name: impl Into<Cow<'static, str>>) -> Self {
        callback_stack::push(name.into());
        Self {
            level: irql::current(),
            regions: critical_regions::count(),
            locks: locks::count(),
            compartment: thread::with_current(Thread::compartment),
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
        let compartment = thread::with_current(Thread::compartment);
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

/// Reports the lock that `report` names. Windows notices nothing.
pub fn report_locks(report: &ChangeReport) {
    const SPIN: Rule = Rule::named("locks::a_spin_lock_is_held_at_return");
    const FRAMEWORK: Rule = Rule::named("locks::a_framework_spin_lock_is_held_at_return");
    let held = report.held.as_ref();
    let is_framework = held.is_some_and(|held| held.kind == LockKind::FrameworkSpin);
    let rule = if is_framework { FRAMEWORK } else { SPIN };
    let lock = held.map_or(0, |held| held.lock);
    let report = BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [HELD_LOCK, lock as u64, 0, 0],
        rule: report.to_string(),
    };
    on_windows::broken(rule, report);
}

/// Reports a thread that was left in another network compartment. Windows notices nothing.
pub fn report_compartment(report: &ChangeReport) {
    const RULE: Rule = Rule::named("netio::a_compartment_is_not_left");
    let report = BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [COMPARTMENT, 0, 0, 0],
        rule: report.to_string(),
    };
    on_windows::broken(RULE, report);
}

/// True if the critical regions that a callback has left behind are no matter yet: Windows counts them
/// when the system call or the work item ends, in which the driver was called.
#[must_use]
pub fn counts_regions_later() -> bool {
    on_windows::imitating() && !callback_stack::names().is_empty()
}

/// Runs `callback`, the driver's `name`, and stops the machine if it leaves a difference behind.
pub fn run<R>(name: &'static str, callback: impl FnOnce() -> R) -> R {
    if verification::is_on() {
        run_verified(name, callback)
    } else {
        run_unverified(callback)
    }
}

fn run_verified<R>(name: &'static str, callback: impl FnOnce() -> R) -> R {
    let guard = CallbackGuard::begin(name);
    let result = callback();
    require_unchanged(name, guard);
    result
}

/// Runs a callback of a host that does not verify the driver.
#[inline]
pub fn run_unverified<R>(callback: impl FnOnce() -> R) -> R {
    processor_block::prepare_thread();
    callback()
}

/// As [`run`], for the system call `name`, in which the driver may be called.
pub fn run_system_call<R>(name: &str, call: impl FnOnce() -> R) -> R {
    if !verification::is_on() {
        return run_unverified(call);
    }
    let guard = CallbackGuard::begin(name.to_owned());
    let result = call();
    if let Some(change) = guard.end() {
        report_in(SYSTEM_CALL, name, change);
    }
    result
}

fn require_unchanged(name: &str, guard: CallbackGuard) {
    if let Some(change) = guard.end() {
        report(name, change);
    }
}

/// The last parameter of a bugcheck 1.
const SYSTEM_CALL: u64 = 0;
/// See [`SYSTEM_CALL`].
const WORK_ITEM: u64 = 1;

/// Stops the machine for the difference that the callback `name` has left behind; returns if the host
/// imitates Windows and Windows does not notice it.
pub fn report(name: &str, change: Change) {
    report_in(WORK_ITEM, name, change);
}

fn report_in(kind: u64, name: &str, change: Change) {
    let (code, parameters) = match change {
        Change::Level(level, left) => {
            let combined = u64::from(left.0) << 16 | u64::from(level.0) << 8;
            (IRQL_UNEXPECTED_VALUE, [combined, 0, 0, 0])
        }
        Change::Regions(..) if counts_regions_later() => return,
        Change::Regions(before, after) if on_windows::imitating() => {
            (APC_INDEX_MISMATCH, apc_index_mismatch(before, after, kind))
        }
        Change::Regions(..) => (DRIVER_VERIFIER_DETECTED_VIOLATION, [REGIONS, 0, 0, 0]),
        Change::Locks => return report_locks(&ChangeReport::new(name, change)),
        Change::Compartment(..) => return report_compartment(&ChangeReport::new(name, change)),
    };
    bugcheck::stop(BugCheck {
        code,
        parameters,
        rule: ChangeReport::new(name, change).to_string(),
    })
}

/// The parameters of a bugcheck 1. This host has no address of a system call, and its threads have no
/// state index.
fn apc_index_mismatch(before: u32, after: u32, kind: u64) -> [u64; 4] {
    // Each region that is not left counts as -1, in the lower one of two 16-bit fields.
    let disabled = before.wrapping_sub(after) & 0xFFFF;
    [0, 0, disabled.into(), kind]
}
