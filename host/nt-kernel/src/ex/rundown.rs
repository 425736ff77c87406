//! Run-down protection: many threads use an object, and the one that ends it waits until none does.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex};

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::pool;

/// An `EX_RUNDOWN_REF`: twice the number of uses, and [`ENDING`].
type RundownRef = AtomicUsize;

/// No thread gets the protection any more.
const ENDING: usize = 1;
/// One use.
const USE: usize = 2;

/// Those who wait for the last use of some object.
static WAITERS: Mutex<()> = Mutex::new(());
static LAST_USE_HAS_ENDED: Condvar = Condvar::new();

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExAcquireRundownProtection,
        ExAcquireRundownProtectionEx,
        ExInitializeRundownProtection,
        ExReInitializeRundownProtection,
        ExReleaseRundownProtection,
        ExReleaseRundownProtectionEx,
        ExRundownCompleted,
        ExWaitForRundownProtectionRelease,
    ]
}

/// Any IRQL, if the memory is resident.
unsafe extern "win64" fn ExInitializeRundownProtection(protection: *const RundownRef) {
    const NAME: &str = "ExInitializeRundownProtection";
    // SAFETY: by contract storage for a run-down reference.
    unsafe { resident(NAME, protection) }.store(0, Ordering::SeqCst);
}

/// Any IRQL, if the memory is resident. Whether the object may be used.
unsafe extern "win64" fn ExAcquireRundownProtection(protection: *const RundownRef) -> u8 {
    // SAFETY: by contract a run-down reference.
    unsafe { ExAcquireRundownProtectionEx(protection, 1) }
}

/// As [`ExAcquireRundownProtection`], for so many uses.
unsafe extern "win64" fn ExAcquireRundownProtectionEx(
    protection: *const RundownRef,
    count: u32,
) -> u8 {
    // SAFETY: by contract a run-down reference.
    let state = unsafe { resident("ExAcquireRundownProtection", protection) };
    let taken = state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |uses| {
        (uses & ENDING == 0).then(|| uses + USE * count as usize)
    });
    taken.is_ok().into()
}

/// Any IRQL, if the memory is resident.
unsafe extern "win64" fn ExReleaseRundownProtection(protection: *const RundownRef) {
    // SAFETY: by contract a run-down reference.
    unsafe { ExReleaseRundownProtectionEx(protection, 1) };
}

/// As [`ExReleaseRundownProtection`], for so many uses.
unsafe extern "win64" fn ExReleaseRundownProtectionEx(protection: *const RundownRef, count: u32) {
    const NAME: &str = "ExReleaseRundownProtection";
    // SAFETY: by contract a run-down reference.
    let state = unsafe { resident(NAME, protection) };
    let given = state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |uses| {
        uses.checked_sub(USE * count as usize)
    });
    match given {
        Ok(before) if before == USE * count as usize + ENDING => {
            let _waiters = WAITERS.lock();
            LAST_USE_HAS_ENDED.notify_all();
        }
        Ok(_) => {}
        Err(uses) => irql::stop_for_rule(&format!(
            "{NAME} was called for {count} uses of an object that has {}",
            uses / USE
        )),
    }
}

/// Up to `APC_LEVEL`. No thread gets the protection any more; waits for those that have it.
unsafe extern "win64" fn ExWaitForRundownProtectionRelease(protection: *const RundownRef) {
    const NAME: &str = "ExWaitForRundownProtectionRelease";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract a run-down reference.
    let state = unsafe { &*protection };
    state.fetch_or(ENDING, Ordering::SeqCst);
    let mut waiters = WAITERS.lock();
    while state.load(Ordering::SeqCst) != ENDING {
        LAST_USE_HAS_ENDED.wait(&mut waiters);
    }
}

/// Up to `APC_LEVEL`, after the wait: the protection can be had again.
unsafe extern "win64" fn ExReInitializeRundownProtection(protection: *const RundownRef) {
    const NAME: &str = "ExReInitializeRundownProtection";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract a run-down reference.
    let state = unsafe { &*protection };
    let exchanged = state.compare_exchange(ENDING, 0, Ordering::SeqCst, Ordering::SeqCst);
    if exchanged.is_err() {
        irql::stop_for_rule(&format!(
            "{NAME} was called for an object that is not run down: \
             ExWaitForRundownProtectionRelease comes first"
        ));
    }
}

/// Any IRQL, after the wait: the object stays run down.
unsafe extern "win64" fn ExRundownCompleted(protection: *const RundownRef) {
    // SAFETY: by contract a run-down reference.
    unsafe { resident("ExRundownCompleted", protection) }.store(ENDING, Ordering::SeqCst);
}

/// # Safety
///
/// There is a run-down reference.
unsafe fn resident<'a>(function: &str, protection: *const RundownRef) -> &'a RundownRef {
    if irql::current() >= Irql::DISPATCH {
        pool::require_resident(function, protection.addr());
    }
    // SAFETY: by contract.
    unsafe { &*protection }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    fn acquire(state: &RundownRef) -> bool {
        // SAFETY: a run-down reference of the test.
        unsafe { ExAcquireRundownProtection(state) != 0 }
    }

    fn release(state: &RundownRef) {
        // SAFETY: as above.
        unsafe { ExReleaseRundownProtection(state) };
    }

    fn wait(state: &RundownRef) {
        // SAFETY: as above.
        unsafe { ExWaitForRundownProtectionRelease(state) };
    }

    #[test]
    fn the_wait_ends_with_the_last_use_and_lets_no_other_begin() {
        let state = RundownRef::new(7);
        // SAFETY: storage of this test.
        unsafe { ExInitializeRundownProtection(&raw const state) };
        assert!(acquire(&state) && acquire(&state));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(&state));
            while acquire(&state) {
                release(&state);
            }
            release(&state);
            assert!(!waiting.is_finished());
            release(&state);
        });
        assert!(!acquire(&state));
        // SAFETY: a run-down reference, which is run down.
        unsafe { ExReInitializeRundownProtection(&raw const state) };
        assert!(acquire(&state));
    }

    #[test]
    fn an_object_that_is_not_used_is_run_down_at_once() {
        let state = RundownRef::new(0);
        wait(&state);
        // SAFETY: a run-down reference of this test.
        unsafe { ExRundownCompleted(&raw const state) };
        assert!(!acquire(&state));
    }

    #[test]
    fn a_use_that_did_not_begin_does_not_end() {
        let report = expect_stop!(|| release(&RundownRef::new(0)));
        assert!(
            report.contains("1 uses of an object that has 0"),
            "{report}"
        );
    }

    #[test]
    fn an_object_in_use_is_not_initialised_again() {
        let report = expect_stop!(|| {
            let state = RundownRef::new(0);
            // SAFETY: a run-down reference; this breaks the rule that is tested.
            unsafe { ExReInitializeRundownProtection(&raw const state) };
        });
        assert!(report.contains("that is not run down"), "{report}");
    }
}
