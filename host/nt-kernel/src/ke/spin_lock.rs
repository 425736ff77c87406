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
        KeAcquireSpinLockForDpc,
        KeAcquireSpinLockRaiseToDpc,
        KeInitializeSpinLock,
        KeReleaseSpinLock,
        KeReleaseSpinLockForDpc,
        KeReleaseSpinLockFromDpcLevel,
        KeTestSpinLock,
        KeTryToAcquireSpinLockAtDpcLevel,
    ]
}

/// `KeAcquireSpinLock`, for a lock of the host's.
pub(crate) fn acquire_spin_lock(lock: &'static KernelSpinLock) -> Irql {
    // SAFETY: a static is resident, and 0 is a lock that no thread holds.
    Irql(unsafe { KeAcquireSpinLockRaiseToDpc(lock) })
}

/// `KeReleaseSpinLock`, for a lock of the host's.
pub(crate) fn release_spin_lock(lock: &'static KernelSpinLock, level: Irql) {
    // SAFETY: as above; a thread that does not hold the lock stops the machine.
    unsafe { KeReleaseSpinLock(lock, level.0) };
}

/// A `KSPIN_LOCK`: 0, or the owner's thread id.
pub(crate) type KernelSpinLock = AtomicUsize;

/// Any IRQL.
unsafe extern "win64" fn KeInitializeSpinLock(lock: *const KernelSpinLock) {
    pool::require_resident("KeInitializeSpinLock", lock.addr());
    locks::forget(lock.addr());
    // SAFETY: by contract resident storage for a lock.
    unsafe { &*lock }.store(0, Ordering::Release);
}

/// Up to `DISPATCH_LEVEL`; returns at that level.
pub(super) unsafe extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: *const KernelSpinLock) -> u8 {
    irql::require_at_most("KeAcquireSpinLock", Irql::DISPATCH);
    pool::require_resident("KeAcquireSpinLock", lock.addr());
    let old = irql::raise(Irql::DISPATCH);
    // SAFETY: by contract a lock that has been initialised.
    acquire(unsafe { &*lock });
    old.0
}

/// At `DISPATCH_LEVEL` or above.
pub(super) unsafe extern "win64" fn KeAcquireSpinLockAtDpcLevel(lock: *const KernelSpinLock) {
    if irql::current() < Irql::DISPATCH {
        let rule = "KeAcquireSpinLockAtDpcLevel was called below DISPATCH_LEVEL";
        stop_at_level(TAKEN_TOO_LOW, lock.addr(), rule);
    }
    // SAFETY: by contract a lock that has been initialised.
    acquire(unsafe { &*lock });
}

/// At `DISPATCH_LEVEL`; returns at `new`.
pub(super) unsafe extern "win64" fn KeReleaseSpinLock(lock: *const KernelSpinLock, new: u8) {
    if irql::current() != Irql::DISPATCH {
        let rule = "KeReleaseSpinLock was called at another level than DISPATCH_LEVEL";
        stop_at_level(RELEASED_AT_WRONG_LEVEL, lock.addr(), rule);
    }
    // SAFETY: by contract a lock that the caller holds.
    release(unsafe { &*lock });
    irql::lower(Irql(new));
}

/// At `DISPATCH_LEVEL` or above.
pub(super) unsafe extern "win64" fn KeReleaseSpinLockFromDpcLevel(lock: *const KernelSpinLock) {
    // SAFETY: by contract a lock that the caller holds.
    release(unsafe { &*lock });
}

/// As `KeAcquireSpinLock`, in a DPC routine that may be threaded.
unsafe extern "win64" fn KeAcquireSpinLockForDpc(lock: *const KernelSpinLock) -> u8 {
    // SAFETY: the same contract.
    unsafe { KeAcquireSpinLockRaiseToDpc(lock) }
}

/// As [`KeReleaseSpinLock`], in a DPC routine that may be threaded.
unsafe extern "win64" fn KeReleaseSpinLockForDpc(lock: *const KernelSpinLock, new: u8) {
    // SAFETY: the same contract.
    unsafe { KeReleaseSpinLock(lock, new) };
}

/// At `DISPATCH_LEVEL` or above. Whether no thread holds the lock.
unsafe extern "win64" fn KeTestSpinLock(lock: *const KernelSpinLock) -> u8 {
    // SAFETY: by contract a lock that has been initialised.
    let is_free = unsafe { &*lock }.load(Ordering::Acquire) == 0;
    is_free.into()
}

/// At `DISPATCH_LEVEL` or above. Whether the caller has the lock now.
unsafe extern "win64" fn KeTryToAcquireSpinLockAtDpcLevel(lock: *const KernelSpinLock) -> u8 {
    if irql::current() < Irql::DISPATCH {
        let rule = "KeTryToAcquireSpinLockAtDpcLevel was called below DISPATCH_LEVEL";
        stop_at_level(TAKEN_TOO_LOW, lock.addr(), rule);
    }
    // SAFETY: by contract a lock that has been initialised.
    let state = unsafe { &*lock };
    let taken = state.compare_exchange(0, own_id(), Ordering::Acquire, Ordering::Relaxed);
    if taken.is_ok() {
        locks::taken(LockKind::Spin, lock.addr());
    }
    taken.is_ok().into()
}

/// Runs `work` with the lock, which nothing else is done with at the same time, at any level.
///
/// # Safety
///
/// It is a lock that has been initialised.
pub(crate) unsafe fn with_lock_at_any_level<R>(
    function: &str,
    lock: *const KernelSpinLock,
    work: impl FnOnce() -> R,
) -> R {
    pool::require_resident(function, lock.addr());
    // SAFETY: by contract.
    let lock = unsafe { &*lock };
    spin(lock, own_id());
    let result = work();
    lock.store(0, Ordering::Release);
    result
}

fn acquire(lock: &KernelSpinLock) {
    let me = own_id();
    let address = std::ptr::from_ref(lock).addr();
    if lock.load(Ordering::Relaxed) != me {
        locks::about_to_take(address);
    }
    spin(lock, me);
    locks::taken(LockKind::Spin, address);
}

/// Waits for the lock, and takes it for the thread with the id `me`.
fn spin(lock: &KernelSpinLock, me: usize) {
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
}

fn release(lock: &KernelSpinLock) {
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

fn report(code: StopCode, lock: &KernelSpinLock, rule: &str) -> BugCheck {
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
        let lock = KernelSpinLock::new(0);
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
            let lock = KernelSpinLock::new(0);
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
            let lock = KernelSpinLock::new(0);
            irql::raise(Irql::DISPATCH);
            // SAFETY: a lock of this test; this breaks the rule that is tested.
            unsafe { KeReleaseSpinLock(&raw const lock, 0) };
        });
        assert!(report.contains("this thread does not hold"), "{report}");
    }

    #[test]
    fn a_lock_that_another_one_holds_is_not_waited_for() {
        let lock = KernelSpinLock::new(0);
        let lock = &raw const lock;
        let old = irql::raise(Irql::DISPATCH);
        // SAFETY: a lock of this test.
        let try_it = || unsafe { KeTryToAcquireSpinLockAtDpcLevel(lock) };
        // SAFETY: as above.
        let is_free = || unsafe { KeTestSpinLock(lock) };
        assert_eq!((is_free(), try_it(), is_free(), try_it()), (1, 1, 0, 0));
        // SAFETY: taken above.
        unsafe { KeReleaseSpinLockFromDpcLevel(lock) };
        irql::lower(old);
        // SAFETY: a lock of this test.
        let old = unsafe { KeAcquireSpinLockForDpc(lock) };
        // SAFETY: taken above.
        unsafe { KeReleaseSpinLockForDpc(lock, old) };
        assert_eq!(irql::current(), Irql::PASSIVE);
    }
}
