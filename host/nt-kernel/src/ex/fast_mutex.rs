//! Fast mutexes and guarded mutexes: storage of the driver's that one thread owns.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::locks::{self, LockKind};
use crate::{critical_regions, pool, thread};

/// Driver Verifier: the thread has taken the lock already.
const SELF_DEADLOCK: u64 = 0x1000;
/// Driver Verifier: the lock is released by another thread than its owner.
const UNEXPECTED_THREAD: u64 = 0x1004;
/// Driver Verifier: the lock is released, and no thread has taken it.
const NOT_ACQUIRED: u64 = 0x1007;
/// Driver Verifier: a function for callers whose APCs are disabled was called where they are not.
const APCS_ENABLED: u64 = 0x39;

/// The count of a mutex without an owner.
const FREE: i32 = 1;

/// Orders all changes of all mutexes.
static MUTEXES: Mutex<()> = Mutex::new(());
static RELEASED: Condvar = Condvar::new();

/// A `FAST_MUTEX`, which a `KGUARDED_MUTEX` is as well. Headers initialise it inline.
#[repr(C)]
struct FastMutex {
    count: i32,
    /// The thread object of the owner, or 0.
    owner: usize,
    contention: u32,
    event: [u64; 3],
    /// The level to which the release returns.
    old_level: u32,
}

const _: () = assert!(size_of::<FastMutex>() == 0x38);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExAcquireFastMutex,
        ExAcquireFastMutexUnsafe,
        ExReleaseFastMutex,
        ExReleaseFastMutexUnsafe,
        ExTryToAcquireFastMutex,
        KeAcquireGuardedMutex,
        KeAcquireGuardedMutexUnsafe,
        KeInitializeGuardedMutex,
        KeReleaseGuardedMutex,
        KeReleaseGuardedMutexUnsafe,
        KeTryToAcquireGuardedMutex,
    ]
}

/// Up to `APC_LEVEL`; returns at that level.
unsafe extern "win64" fn ExAcquireFastMutex(mutex: *mut FastMutex) {
    irql::require_at_most("ExAcquireFastMutex", Irql::APC);
    let old = irql::raise(Irql::APC);
    // SAFETY: by contract a mutex that has been initialised.
    unsafe { acquire("ExAcquireFastMutex", mutex, old) };
}

/// Up to `APC_LEVEL`; returns at that level if it takes the mutex.
unsafe extern "win64" fn ExTryToAcquireFastMutex(mutex: *mut FastMutex) -> u8 {
    irql::require_at_most("ExTryToAcquireFastMutex", Irql::APC);
    // SAFETY: by contract a mutex that has been initialised.
    let taken = unsafe { try_acquire("ExTryToAcquireFastMutex", mutex, irql::current()) };
    if taken {
        irql::raise(Irql::APC);
    }
    taken.into()
}

/// At `APC_LEVEL`; returns at the level of the acquisition.
unsafe extern "win64" fn ExReleaseFastMutex(mutex: *mut FastMutex) {
    irql::require_at_most("ExReleaseFastMutex", Irql::APC);
    // SAFETY: by contract a mutex that the caller owns.
    let old = unsafe { release("ExReleaseFastMutex", mutex) };
    irql::lower(old);
}

/// At `APC_LEVEL`, or in a critical region.
unsafe extern "win64" fn ExAcquireFastMutexUnsafe(mutex: *mut FastMutex) {
    require_no_apcs("ExAcquireFastMutexUnsafe", mutex);
    // SAFETY: by contract a mutex that has been initialised.
    unsafe { acquire("ExAcquireFastMutexUnsafe", mutex, irql::current()) };
}

/// At `APC_LEVEL`, or in a critical region.
unsafe extern "win64" fn ExReleaseFastMutexUnsafe(mutex: *mut FastMutex) {
    require_no_apcs("ExReleaseFastMutexUnsafe", mutex);
    // SAFETY: by contract a mutex that the caller owns.
    unsafe { release("ExReleaseFastMutexUnsafe", mutex) };
}

/// Any IRQL. The memory must be resident.
unsafe extern "win64" fn KeInitializeGuardedMutex(mutex: *mut FastMutex) {
    pool::require_resident("KeInitializeGuardedMutex", mutex.addr());
    locks::forget(mutex.addr());
    let new = FastMutex {
        count: FREE,
        owner: 0,
        contention: 0,
        event: [0; 3],
        old_level: 0,
    };
    // SAFETY: by contract storage for a mutex.
    unsafe { mutex.write(new) };
}

/// Up to `APC_LEVEL`. The owner is in a guarded region, which this host counts as a critical one.
unsafe extern "win64" fn KeAcquireGuardedMutex(mutex: *mut FastMutex) {
    irql::require_at_most("KeAcquireGuardedMutex", Irql::APC);
    critical_regions::enter();
    // SAFETY: by contract a mutex that has been initialised.
    unsafe { acquire("KeAcquireGuardedMutex", mutex, irql::current()) };
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn KeTryToAcquireGuardedMutex(mutex: *mut FastMutex) -> u8 {
    const NAME: &str = "KeTryToAcquireGuardedMutex";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract a mutex that has been initialised.
    let taken = unsafe { try_acquire(NAME, mutex, irql::current()) };
    if taken {
        critical_regions::enter();
    }
    taken.into()
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn KeReleaseGuardedMutex(mutex: *mut FastMutex) {
    irql::require_at_most("KeReleaseGuardedMutex", Irql::APC);
    // SAFETY: by contract a mutex that the caller owns.
    unsafe { release("KeReleaseGuardedMutex", mutex) };
    critical_regions::leave();
}

/// As [`ExAcquireFastMutexUnsafe`].
unsafe extern "win64" fn KeAcquireGuardedMutexUnsafe(mutex: *mut FastMutex) {
    require_no_apcs("KeAcquireGuardedMutexUnsafe", mutex);
    // SAFETY: by contract a mutex that has been initialised.
    unsafe { acquire("KeAcquireGuardedMutexUnsafe", mutex, irql::current()) };
}

/// As [`ExReleaseFastMutexUnsafe`].
unsafe extern "win64" fn KeReleaseGuardedMutexUnsafe(mutex: *mut FastMutex) {
    require_no_apcs("KeReleaseGuardedMutexUnsafe", mutex);
    // SAFETY: by contract a mutex that the caller owns.
    unsafe { release("KeReleaseGuardedMutexUnsafe", mutex) };
}

/// Waits for the mutex and takes it.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn acquire(function: &str, mutex: *mut FastMutex, old: Irql) {
    require_not_owned(function, mutex);
    locks::about_to_take(mutex.addr());
    let mut order = lock();
    // SAFETY: by contract; the lock orders changes.
    while !take(unsafe { &mut *mutex }, old) {
        // SAFETY: as above.
        unsafe { (*mutex).contention += 1 };
        let released = RELEASED.wait(order);
        order = released.unwrap_or_else(PoisonError::into_inner);
    }
    drop(order);
    locks::taken(LockKind::FastMutex, mutex.addr());
}

/// Takes the mutex if it is free.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn try_acquire(function: &str, mutex: *mut FastMutex, old: Irql) -> bool {
    pool::require_resident(function, mutex.addr());
    let order = lock();
    // SAFETY: by contract; the lock orders changes.
    let taken = take(unsafe { &mut *mutex }, old);
    drop(order);
    if taken {
        locks::taken(LockKind::FastMutex, mutex.addr());
    }
    taken
}

/// Releases the mutex. Returns the level of its acquisition.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn release(function: &str, mutex: *mut FastMutex) -> Irql {
    let order = lock();
    // SAFETY: by contract; the lock orders changes.
    let state = unsafe { &mut *mutex };
    if state.count == FREE {
        let rule = format!("{function}: no thread owns the mutex");
        stop(NOT_ACQUIRED, mutex, rule);
    }
    if state.owner != thread::current_object() {
        let rule = format!("{function}: another thread owns the mutex");
        stop(UNEXPECTED_THREAD, mutex, rule);
    }
    state.owner = 0;
    state.count = FREE;
    let old = u8::try_from(state.old_level).unwrap_or_default();
    drop(order);
    locks::given(mutex.addr());
    RELEASED.notify_all();
    Irql(old)
}

fn take(mutex: &mut FastMutex, old: Irql) -> bool {
    if mutex.count != FREE {
        return false;
    }
    mutex.count = 0;
    mutex.owner = thread::current_object();
    mutex.old_level = old.0.into();
    true
}

/// Stops the machine where Windows would wait for ever: the thread owns the mutex.
fn require_not_owned(function: &str, mutex: *mut FastMutex) {
    pool::require_resident(function, mutex.addr());
    if locks::is_held(mutex.addr()) {
        let taken = locks::where_taken(mutex.addr());
        let rule = format!("{function}: this thread owns the mutex already{taken}");
        stop(SELF_DEADLOCK, mutex, rule);
    }
}

fn require_no_apcs(function: &'static str, mutex: *mut FastMutex) {
    irql::require_at_most(function, Irql::APC);
    if irql::current() < Irql::APC && critical_regions::count() == 0 {
        let rule =
            format!("{function} was called below APC_LEVEL and outside of a critical region");
        stop(APCS_ENABLED, mutex, rule);
    }
}

fn lock() -> MutexGuard<'static, ()> {
    MUTEXES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stop(cause: u64, mutex: *mut FastMutex, rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [cause, mutex.addr() as u64, 0, 0],
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    fn mutex() -> FastMutex {
        let mut mutex = std::mem::MaybeUninit::uninit();
        // SAFETY: storage for a mutex.
        unsafe { KeInitializeGuardedMutex(mutex.as_mut_ptr()) };
        // SAFETY: initialised above.
        unsafe { mutex.assume_init() }
    }

    #[test]
    fn a_fast_mutex_raises_to_apc_level_and_back() {
        let mut mutex = mutex();
        // SAFETY: a mutex of this test.
        unsafe { ExAcquireFastMutex(&raw mut mutex) };
        assert_eq!(irql::current(), Irql::APC);
        // SAFETY: as above.
        assert_eq!(unsafe { ExTryToAcquireFastMutex(&raw mut mutex) }, 0);
        // SAFETY: taken above.
        unsafe { ExReleaseFastMutex(&raw mut mutex) };
        assert_eq!(irql::current(), Irql::PASSIVE);
    }

    #[test]
    fn a_waiting_thread_gets_the_mutex_at_its_release() {
        let mut mutex = mutex();
        let regions = critical_regions::count();
        let address = (&raw mut mutex).expose_provenance();
        let at = move || std::ptr::with_exposed_provenance_mut::<FastMutex>(address);
        // SAFETY: the mutex outlives the scope.
        unsafe { KeAcquireGuardedMutex(at()) };
        std::thread::scope(|scope| {
            let other = scope.spawn(move || {
                // SAFETY: as above.
                unsafe { KeAcquireGuardedMutex(at()) };
                // SAFETY: taken above.
                unsafe { KeReleaseGuardedMutex(at()) };
            });
            // SAFETY: taken above.
            unsafe { KeReleaseGuardedMutex(at()) };
            other.join().unwrap();
        });
        assert_eq!(critical_regions::count(), regions);
    }

    #[test]
    fn taking_a_fast_mutex_twice_stops() {
        let report = expect_stop!(|| {
            let mut mutex = mutex();
            // SAFETY: a mutex of this test.
            unsafe { ExAcquireFastMutex(&raw mut mutex) };
            // SAFETY: as above; this breaks the rule that is tested.
            unsafe { ExAcquireFastMutex(&raw mut mutex) };
        });
        assert!(report.contains("0x000000C4"), "{report}");
        assert!(report.contains("(0x1000,"), "{report}");
    }

    #[test]
    fn releasing_a_free_fast_mutex_stops() {
        let report = expect_stop!(|| {
            let mut mutex = mutex();
            // SAFETY: a mutex of this test; this breaks the rule that is tested.
            unsafe { ExReleaseFastMutex(&raw mut mutex) };
        });
        assert!(report.contains("no thread owns the mutex"), "{report}");
    }

    #[test]
    fn an_unsafe_acquisition_needs_disabled_apcs() {
        let report = expect_stop!(|| {
            let mut mutex = mutex();
            // SAFETY: a mutex of this test; this breaks the rule that is tested.
            unsafe { ExAcquireFastMutexUnsafe(&raw mut mutex) };
        });
        assert!(report.contains("outside of a critical region"), "{report}");
    }
}
