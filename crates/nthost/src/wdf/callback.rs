//! Calling the driver: it has to come back the way it went.

use std::cell::{Cell, RefCell};

use super::violation::{self, Violation};
use crate::kernel::irql::{self, Irql};

thread_local! {
    static CRITICAL_REGIONS: Cell<u32> = const { Cell::new(0) };
    static RUNNING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Runs `callback`, the driver's `name` for the object `handle`, and stops the machine if it
/// returns at another IRQL, or with more or fewer wait locks held, than it was entered with.
pub(crate) fn run<R>(name: &str, handle: usize, callback: impl FnOnce() -> R) -> R {
    let level = irql::current();
    let regions = CRITICAL_REGIONS.get();
    RUNNING.with_borrow_mut(|running| running.push(handle));
    let result = callback();
    RUNNING.with_borrow_mut(Vec::pop);
    let left = irql::current();
    if left != level {
        violation::stop(
            Violation::IrqlMismatch,
            handle,
            u64::from(left.0),
            format!("{name} was entered at {level} and returned at {left}"),
        );
    }
    if CRITICAL_REGIONS.get() != regions {
        violation::stop(
            Violation::CriticalRegionMismatch,
            handle,
            u64::from(CRITICAL_REGIONS.get()),
            format!(
                "{name} was entered in {regions} critical regions and returned in {}: a wait lock \
                 was kept or let go of",
                CRITICAL_REGIONS.get()
            ),
        );
    }
    result
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
    RUNNING.with_borrow(|running| running.contains(&handle))
}

/// Enters a critical region, as the owner of a wait lock is in one.
pub(crate) fn enter_critical_region() {
    CRITICAL_REGIONS.set(CRITICAL_REGIONS.get() + 1);
}

/// Leaves the critical region again.
pub(crate) fn leave_critical_region() {
    CRITICAL_REGIONS.set(CRITICAL_REGIONS.get().saturating_sub(1));
}
