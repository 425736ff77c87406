//! Spin locks: the storage is the driver's, and holds the owner's thread id.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::gettid;

use crate::bugcheck::{
    self, BugCheck, DPC_WATCHDOG_VIOLATION, DRIVER_VERIFIER_DETECTED_VIOLATION,
    SPIN_LOCK_ALREADY_OWNED, SPIN_LOCK_NOT_OWNED, StopCode,
};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::locks::{self, LockKind};
use crate::on_windows::{self, Rule};
use crate::pool;

/// Driver Verifier: released at another level than `DISPATCH_LEVEL`.
const RELEASED_AT_WRONG_LEVEL: u64 = 0x32;
/// Driver Verifier: taken below `DISPATCH_LEVEL` by the function for callers at that level.
const TAKEN_TOO_LOW: u64 = 0x40;
/// Longest wait for a lock: its holder may work for microseconds only.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Attempts before a waiting thread yields its processor.
const SPINS: u32 = 100;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeAcquireSpinLockAtDpcLevel,
        KeAcquireSpinLockRaiseToDpc,
        KeInitializeSpinLock,
        KeReleaseSpinLock,
        KeReleaseSpinLockFromDpcLevel,
    ]
}

/// `KeAcquireSpinLock`, for a lock of the host's.
pub(crate) fn acquire_spin_lock(lock: &'static SpinLock) -> Irql {
    // SAFETY: a static is resident, and 0 is a lock that no thread holds.
    Irql(unsafe { KeAcquireSpinLockRaiseToDpc(lock) })
}

/// `KeReleaseSpinLock`, for a lock of the host's.
pub(crate) fn release_spin_lock(lock: &'static SpinLock, level: Irql) {
    // SAFETY: as above; a thread that does not hold the lock stops the machine.
    unsafe { KeReleaseSpinLock(lock, level.0) };
}

/// A `KSPIN_LOCK`: 0, or the owner's thread id.
type SpinLock = AtomicUsize;

/// Any IRQL.
unsafe extern "win64" fn KeInitializeSpinLock(lock: *const SpinLock) {
    pool::require_resident("KeInitializeSpinLock", lock.addr());
    locks::forget(lock.addr());
    // SAFETY: by contract resident storage for a lock.
    unsafe { &*lock }.store(0, Ordering::Release);
}

/// Up to `DISPATCH_LEVEL`; returns at that level.
unsafe extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: *const SpinLock) -> u8 {
    irql::require_at_most("KeAcquireSpinLock", Irql::DISPATCH);
    pool::require_resident("KeAcquireSpinLock", lock.addr());
    let old = irql::raise(Irql::DISPATCH);
    // SAFETY: by contract a lock that has been initialised.
    acquire(unsafe { &*lock });
    old.0
}

/// At `DISPATCH_LEVEL` or above.
unsafe extern "win64" fn KeAcquireSpinLockAtDpcLevel(lock: *const SpinLock) {
    if irql::current() < Irql::DISPATCH {
        let rule = "KeAcquireSpinLockAtDpcLevel was called below DISPATCH_LEVEL";
        stop_at_level(TAKEN_TOO_LOW, lock.addr(), rule);
    }
    // SAFETY: by contract a lock that has been initialised.
    acquire(unsafe { &*lock });
}

/// At `DISPATCH_LEVEL`; returns at `new`.
unsafe extern "win64" fn KeReleaseSpinLock(lock: *const SpinLock, new: u8) {
    if irql::current() != Irql::DISPATCH {
        let rule = "KeReleaseSpinLock was called at another level than DISPATCH_LEVEL";
        stop_at_level(RELEASED_AT_WRONG_LEVEL, lock.addr(), rule);
    }
    // SAFETY: by contract a lock that the caller holds.
    release(unsafe { &*lock });
    irql::lower(Irql(new));
}

/// At `DISPATCH_LEVEL` or above.
unsafe extern "win64" fn KeReleaseSpinLockFromDpcLevel(lock: *const SpinLock) {
    // SAFETY: by contract a lock that the caller holds.
    release(unsafe { &*lock });
}

fn acquire(lock: &SpinLock) {
    let me = own_id();
    let address = std::ptr::from_ref(lock).addr();
    if lock.load(Ordering::Relaxed) != me {
        locks::about_to_take(address);
    }
    let begin = Instant::now();
    let mut attempts = 0;
    while let Err(owner) = lock.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed) {
        if owner == me {
            const RULE: Rule = Rule::named("locks::a_spin_lock_is_taken_twice");
            let rule = "this thread holds the spin lock already";
            on_windows::broken(RULE, report(SPIN_LOCK_ALREADY_OWNED, lock, rule));
        }
        if begin.elapsed() > TIMEOUT {
            let rule = "a spin lock has not come free in 20 seconds";
            bugcheck::stop(report(DPC_WATCHDOG_VIOLATION, lock, rule));
        }
        attempts += 1;
        if attempts % SPINS == 0 {
            thread::yield_now();
        }
        hint::spin_loop();
    }
    locks::taken(LockKind::Spin, address);
}

fn release(lock: &SpinLock) {
    locks::given(std::ptr::from_ref(lock).addr());
    if lock.swap(0, Ordering::Release) != own_id() {
        const RULE: Rule = Rule::named("locks::a_spin_lock_that_is_not_held_is_released");
        let rule = "a spin lock was released that this thread does not hold";
        on_windows::broken(RULE, report(SPIN_LOCK_NOT_OWNED, lock, rule));
    }
}

fn own_id() -> usize {
    usize::try_from(gettid().as_raw()).unwrap_or(usize::MAX)
}

fn report(code: StopCode, lock: &SpinLock, rule: &str) -> BugCheck {
    let address = std::ptr::from_ref(lock).addr();
    BugCheck {
        code,
        parameters: [address as u64, 0, 0, 0],
        rule: format!("{rule} ({address:#x}){}", locks::where_taken(address)),
    }
}

fn stop_at_level(cause: u64, lock: usize, rule: &str) -> ! {
    let level = irql::current();
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [cause, level.0.into(), lock as u64, 0],
        rule: format!("{rule}, at {level} ({lock:#x})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_lock_raises_and_comes_back() {
        let lock = SpinLock::new(0);
        // SAFETY: a lock of this test.
        let old = unsafe { KeAcquireSpinLockRaiseToDpc(&raw const lock) };
        assert_eq!((old, irql::current()), (0, Irql::DISPATCH));
        // SAFETY: taken above.
        unsafe { KeReleaseSpinLock(&raw const lock, old) };
        assert_eq!(irql::current(), Irql::PASSIVE);
    }

    #[test]
    fn taking_a_lock_twice_stops_instead_of_hanging() {
        let report = expect_stop!(|| {
            let lock = SpinLock::new(0);
            // SAFETY: a lock of this test.
            unsafe { KeAcquireSpinLockRaiseToDpc(&raw const lock) };
            // SAFETY: as above; this breaks the rule that is tested.
            unsafe { KeAcquireSpinLockRaiseToDpc(&raw const lock) };
        });
        assert!(report.contains("holds the spin lock already"), "{report}");
    }

    #[test]
    fn releasing_what_one_does_not_hold_stops() {
        let report = expect_stop!(|| {
            let lock = SpinLock::new(0);
            irql::raise(Irql::DISPATCH);
            // SAFETY: a lock of this test; this breaks the rule that is tested.
            unsafe { KeReleaseSpinLock(&raw const lock, 0) };
        });
        assert!(report.contains("this thread does not hold"), "{report}");
    }
}
