//! Calls of the driver. A callback must return with the IRQL, the locks and the critical regions that
//! it was entered with.

use std::cell::RefCell;

use nt_kernel::callback_guard::{self, CallbackGuard, Change, ChangeReport};
use nt_kernel::irql::{self, Irql};
use nt_kernel::verification;

use crate::handle::{self, Kind};
use crate::violation::{self, Violation};

thread_local! {
    static RUNNING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Runs `callback`, the driver's `name` for the object `handle`, and stops the host if it
/// returns at another IRQL, or with other locks held, than it was entered with.
pub(crate) fn run<R>(name: &str, handle: usize, callback: impl FnOnce() -> R) -> R {
    if !verification::is_on() {
        return callback_guard::run_unverified(|| run_for(handle, callback));
    }
    let kind = handle::kind_of(handle).map_or("object", Kind::name);
    let guard = CallbackGuard::begin(format!("{name} of the {kind} {handle:#x}"));
    let result = run_for(handle, callback);
    if let Some(change) = guard.end() {
        report(name, handle, change);
    }
    result
}

/// Runs a callback for the object `handle`.
fn run_for<R>(handle: usize, callback: impl FnOnce() -> R) -> R {
    RUNNING.with_borrow_mut(|running| running.push(handle));
    let result = callback();
    RUNNING.with_borrow_mut(Vec::pop);
    result
}

fn report(name: &str, handle: usize, change: Change) {
    let (violation, detail) = match change {
        Change::Level(_, left) => (Violation::IrqlMismatch, u64::from(left.0)),
        Change::Regions(..) if callback_guard::counts_regions_later() => return,
        Change::Regions(_, left) => (Violation::CriticalRegionMismatch, u64::from(left)),
        Change::Locks | Change::Compartment(..) => return callback_guard::report(name, change),
    };
    let words = ChangeReport::new(name, change).to_string();
    violation::stop(violation, handle, detail, words)
}

/// As [`run`], at `DISPATCH_LEVEL`.
pub(crate) fn run_at_dispatch<R>(name: &str, handle: usize, callback: impl FnOnce() -> R) -> R {
    let old = irql::raise(Irql::DISPATCH);
    let result = run(name, handle, callback);
    irql::lower(old);
    result
}

/// Whether this thread is within a callback for the object `handle`.
pub(crate) fn is_running(handle: usize) -> bool {
    times_running(handle) > 0
}

/// In how many callbacks for the object `handle` this thread is.
pub(crate) fn times_running(handle: usize) -> usize {
    RUNNING.with_borrow(|running| running.iter().filter(|next| **next == handle).count())
}
