//! Waiting for one object, or for several.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;
use parking_lot::Condvar;

use super::dispatcher::{Dispatcher, DispatcherHeader};
use super::mutex;
use super::time::Timeout;
use super::waitable::Waitable;
use crate::bugcheck::{self, BugCheck, MAXIMUM_WAIT_OBJECTS_EXCEEDED};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::locks::{self, LockKind};

/// `STATUS_TIMEOUT`: a success, by its bits.
const TIMEOUT: NtStatus = NtStatus::new(0x102);
/// `WaitAll`.
const WAIT_ALL: u32 = 0;
/// How many objects a thread can wait for with its own wait blocks.
const THREAD_WAIT_OBJECTS: u32 = 3;
/// How many it can wait for at all.
const MAXIMUM_WAIT_OBJECTS: u32 = 64;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![KeWaitForMultipleObjects, KeWaitForSingleObject]
}

/// Up to `APC_LEVEL`, up to `DISPATCH_LEVEL` with a timeout of zero. The host
/// alerts no thread and has no user APCs, so a wait can fail only with `STATUS_TIMEOUT`.
///
/// A wait for a mutex fails only while another thread owns it: fault injection leaves it alone.
unsafe extern "win64" fn KeWaitForSingleObject(
    object: *mut DispatcherHeader,
    _reason: u32,
    _mode: u8,
    _alertable: u8,
    timeout: *const i64,
) -> NtStatus {
    const NAME: &str = "KeWaitForSingleObject";
    // SAFETY: by contract null or the caller's variable.
    let timeout = Timeout::of(unsafe { timeout.as_ref() });
    require_level(NAME, timeout);
    // SAFETY: by contract an object that can be waited for, which stays for the call.
    match unsafe { Waitable::at(object) } {
        Ok(Waitable::Mutex(mutex)) => {
            // SAFETY: by contract.
            unsafe { wait_for_mutex(mutex, timeout) }
        }
        Ok(waitable) => {
            let ends = timeout != Timeout::Never;
            if ends && fault::inject_one_of(NAME, &[&[TIMEOUT]]).is_some() {
                return TIMEOUT;
            }
            // SAFETY: by contract.
            unsafe { wait_for_any(&[waitable], timeout) }
        }
        Err(kind) => stop_unknown(kind),
    }
}

/// Up to `APC_LEVEL`, up to `DISPATCH_LEVEL` with a timeout of zero. The status says which object has
/// satisfied a wait for any, counted from 0.
unsafe extern "win64" fn KeWaitForMultipleObjects(
    count: u32,
    objects: *const *mut DispatcherHeader,
    wait_type: u32,
    _reason: u32,
    _mode: u8,
    _alertable: u8,
    timeout: *const i64,
    wait_blocks: usize,
) -> NtStatus {
    const NAME: &str = "KeWaitForMultipleObjects";
    // SAFETY: by contract null or the caller's variable.
    let timeout = Timeout::of(unsafe { timeout.as_ref() });
    require_level(NAME, timeout);
    require_few(count, wait_blocks);
    // SAFETY: by contract so many addresses.
    let objects = unsafe { std::slice::from_raw_parts(objects, count as usize) };
    let waitables = objects.iter().map(|object| {
        // SAFETY: by contract an object that can be waited for, which stays for the call.
        unsafe { Waitable::at(*object) }.unwrap_or_else(|kind| stop_unknown(kind))
    });
    let waitables: Vec<Waitable> = waitables.collect();
    let ends = timeout != Timeout::Never;
    if ends && fault::inject_one_of(NAME, &[&[TIMEOUT]]).is_some() {
        return TIMEOUT;
    }
    if wait_type == WAIT_ALL {
        // SAFETY: by contract.
        unsafe { wait_for_all(&waitables, timeout) }
    } else {
        // SAFETY: by contract.
        unsafe { wait_for_any(&waitables, timeout) }
    }
}

fn require_level(function: &'static str, timeout: Timeout) {
    const ABOVE_DISPATCH: u64 = 0x120;
    const FOR_EVER_AT_DISPATCH: u64 = 0x121;
    const WITH_TIMEOUT_AT_DISPATCH: u64 = 0x122;
    irql::require_at_most_numbered(function, Irql::DISPATCH, ABOVE_DISPATCH);
    match timeout {
        Timeout::Now => {}
        Timeout::Never => irql::require_at_most_numbered(function, Irql::APC, FOR_EVER_AT_DISPATCH),
        Timeout::After(_) => {
            irql::require_at_most_numbered(function, Irql::APC, WITH_TIMEOUT_AT_DISPATCH);
        }
    }
}

/// Stops the machine for more objects than a thread, or the driver, has wait blocks for.
fn require_few(count: u32, wait_blocks: usize) {
    let limit = if wait_blocks == 0 {
        THREAD_WAIT_OBJECTS
    } else {
        MAXIMUM_WAIT_OBJECTS
    };
    if count == 0 || count > limit {
        bugcheck::stop(BugCheck {
            code: MAXIMUM_WAIT_OBJECTS_EXCEEDED,
            parameters: [0; 4],
            rule: format!(
                "KeWaitForMultipleObjects was called with {count} objects; it may be up to {limit}, \
                 and more than {THREAD_WAIT_OBJECTS} need a WaitBlockArray"
            ),
        });
    }
}

/// Waits until one of the objects is signalled. The status says which.
///
/// # Safety
///
/// The objects have been initialised and stay for the call.
unsafe fn wait_for_any(objects: &[Waitable], timeout: Timeout) -> NtStatus {
    wait(timeout, || {
        // SAFETY: by contract; the dispatcher's lock orders changes.
        let is_signalled = |object: &Waitable| unsafe { object.is_signalled() };
        let index = objects.iter().position(is_signalled)?;
        // SAFETY: as above; it is signalled.
        unsafe { objects[index].satisfy() };
        Some(NtStatus::new(u32::try_from(index).unwrap_or_default()))
    })
}

/// Waits until all of the objects are signalled at once.
///
/// # Safety
///
/// The objects have been initialised and stay for the call.
unsafe fn wait_for_all(objects: &[Waitable], timeout: Timeout) -> NtStatus {
    wait(timeout, || {
        // SAFETY: by contract; the dispatcher's lock orders changes.
        let is_signalled = |object: &Waitable| unsafe { object.is_signalled() };
        if !objects.iter().all(is_signalled) {
            return None;
        }
        for object in objects {
            // SAFETY: as above; it is signalled.
            unsafe { object.satisfy() };
        }
        Some(NtStatus::SUCCESS)
    })
}

/// As Driver Verifier's deadlock detection, lets a thread try any order, if it does not wait for
/// ever.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn wait_for_mutex(mutex: *mut mutex::Mutex, timeout: Timeout) -> NtStatus {
    mutex::require_resident("KeWaitForSingleObject", mutex);
    if timeout == Timeout::Never && !locks::is_held(mutex.addr()) {
        locks::about_to_take(mutex.addr());
    }
    // SAFETY: by contract.
    let status = unsafe { take_in_turn(mutex, timeout) };
    if status == NtStatus::SUCCESS && !locks::is_held(mutex.addr()) {
        locks::taken(LockKind::Mutex, mutex.addr());
    }
    status
}

/// Takes the mutex behind the threads that have waited for longer.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn take_in_turn(mutex: *mut mutex::Mutex, timeout: Timeout) -> NtStatus {
    if timeout == Timeout::Now {
        // SAFETY: by contract.
        return unsafe { take_mutex(mutex, timeout, None) };
    }
    let waiting = mutex::Waiting::begin(mutex);
    // SAFETY: by contract.
    let status = unsafe { take_mutex(mutex, Timeout::Now, None) };
    if status == NtStatus::SUCCESS {
        return status;
    }
    // SAFETY: by contract.
    waiting.behind_owner(|| unsafe { take_mutex(mutex, timeout, Some(waiting.turn())) })
}

/// Waits until the mutex is taken. A thread in the queue looks again when `turn` is notified.
///
/// # Safety
///
/// `mutex` has been initialised and stays for the call.
unsafe fn take_mutex(
    mutex: *mut mutex::Mutex,
    timeout: Timeout,
    turn: Option<&Condvar>,
) -> NtStatus {
    wait_for(turn, timeout, || {
        // SAFETY: by contract; the dispatcher's lock orders changes.
        let taken = mutex::take(unsafe { &mut *mutex });
        taken.then_some(NtStatus::SUCCESS)
    })
}

/// Waits until `satisfied` has a status. It runs under the dispatcher's lock.
fn wait(timeout: Timeout, satisfied: impl Fn() -> Option<NtStatus>) -> NtStatus {
    wait_for(None, timeout, satisfied)
}

/// As [`wait`], but looks again only when `signal` is notified, if there is one.
fn wait_for(
    signal: Option<&Condvar>,
    timeout: Timeout,
    satisfied: impl Fn() -> Option<NtStatus>,
) -> NtStatus {
    let deadline = timeout.deadline();
    let mut dispatcher = Dispatcher::lock();
    loop {
        if let Some(status) = satisfied() {
            return status;
        }
        let woken = match signal {
            Some(signal) => dispatcher.wait_for(signal, deadline),
            None => dispatcher.wait(deadline),
        };
        let Some(woken) = woken else {
            return TIMEOUT;
        };
        dispatcher = woken;
    }
}

fn stop_unknown(kind: u8) -> ! {
    bugcheck::stop(BugCheck {
        code: bugcheck::DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [0, kind.into(), 0, 0],
        rule: format!(
            "a wait for an object of kind {kind}, which is not initialised, or which this host does \
             not implement; events are 0 and 1, a mutex is 2, a semaphore \
             is 5, timers are 8 and 9"
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::fault::Plan;
    use crate::ke::event::{KeInitializeEvent, KeSetEvent};
    use crate::ke::mutex::{KeInitializeMutex, KeReleaseMutex};
    use crate::testing::{expect_stop, run_alone};

    fn event(kind: u32, state: u8) -> DispatcherHeader {
        let mut event = std::mem::MaybeUninit::uninit();
        // SAFETY: storage for an event.
        unsafe { KeInitializeEvent(event.as_mut_ptr(), kind, state) };
        // SAFETY: initialised above.
        unsafe { event.assume_init() }
    }

    fn wait_for(event: &mut DispatcherHeader, timeout: i64) -> NtStatus {
        // SAFETY: an event of this test.
        unsafe { KeWaitForSingleObject(event, 0, 0, 0, &raw const timeout) }
    }

    #[test]
    fn a_notification_event_stays_signalled() {
        let mut event = event(0, 1);
        assert_eq!(wait_for(&mut event, 0), NtStatus::SUCCESS);
        assert_eq!(wait_for(&mut event, 0), NtStatus::SUCCESS);
    }

    #[test]
    fn a_synchronization_event_lets_one_pass() {
        let mut event = event(1, 1);
        assert_eq!(wait_for(&mut event, 0), NtStatus::SUCCESS);
        assert_eq!(wait_for(&mut event, -10), TIMEOUT);
    }

    #[test]
    fn setting_wakes_the_waiting_thread() {
        let mut event = event(0, 0);
        let address = (&raw mut event).expose_provenance();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let event = ptr::with_exposed_provenance_mut::<DispatcherHeader>(address);
                // SAFETY: the event outlives the scope.
                unsafe { KeSetEvent(event, 0, 0) };
            });
            let event = ptr::with_exposed_provenance_mut::<DispatcherHeader>(address);
            // SAFETY: as above; a null timeout waits for ever.
            let status = unsafe { KeWaitForSingleObject(event, 0, 0, 0, ptr::null()) };
            assert_eq!(status, NtStatus::SUCCESS);
        });
    }

    #[test]
    fn the_time_of_a_wait_may_be_over_at_once() {
        run_alone!(|| {
            let mut event = event(0, 1);
            fault::arm(Plan::Only(0));
            // SAFETY: an event of this test. Without a limit no time is ever over.
            let forever = unsafe { KeWaitForSingleObject(&raw mut event, 0, 0, 0, ptr::null()) };
            assert_eq!(forever, NtStatus::SUCCESS);
            assert_eq!(wait_for(&mut event, -10), TIMEOUT);
            assert_eq!(wait_for(&mut event, -10), NtStatus::SUCCESS);
        });
    }

    #[test]
    fn a_mutex_passes_from_owner_to_waiter() {
        let mut mutex = std::mem::MaybeUninit::<mutex::Mutex>::uninit();
        // SAFETY: storage for a mutex.
        unsafe { KeInitializeMutex(mutex.as_mut_ptr(), 0) };
        let address = mutex.as_mut_ptr().expose_provenance();
        let wait_for = move |timeout: *const i64| {
            let mutex = ptr::with_exposed_provenance_mut::<DispatcherHeader>(address);
            // SAFETY: the mutex outlives the scope below.
            unsafe { KeWaitForSingleObject(mutex, 0, 0, 0, timeout) }
        };
        let release = move || {
            // SAFETY: as above.
            unsafe { KeReleaseMutex(ptr::with_exposed_provenance_mut(address), 0) }
        };
        assert_eq!(wait_for(ptr::null()), NtStatus::SUCCESS);
        assert!(locks::is_held(address));
        let (sender, tried) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let other = scope.spawn(move || {
                let millisecond = -10_000;
                assert_eq!(wait_for(&raw const millisecond), TIMEOUT);
                sender.send(locks::count()).unwrap();
                let status = wait_for(ptr::null());
                release();
                status
            });
            assert_eq!(tried.recv().unwrap(), 0);
            assert_eq!(release(), 0);
            assert_eq!(other.join().unwrap(), NtStatus::SUCCESS);
        });
        assert_eq!(locks::count(), 0);
    }

    /// Eight threads take a mutex again and again; returns how often all together took it. If waits end,
    /// half of the threads try with a limit, and leave the queue from its middle and from its front.
    fn take_by_turns(waits_end: bool) -> u32 {
        const TAKES: u32 = 50;
        const THREADS: usize = 8;
        let mut mutex = std::mem::MaybeUninit::<mutex::Mutex>::uninit();
        // SAFETY: storage for a mutex.
        unsafe { KeInitializeMutex(mutex.as_mut_ptr(), 0) };
        let address = mutex.as_mut_ptr().expose_provenance();
        let begin = std::sync::Barrier::new(THREADS);
        let take_often = &|has_limit: bool| {
            let microsecond = -10;
            let timeout = if has_limit {
                &raw const microsecond
            } else {
                ptr::null()
            };
            begin.wait();
            let mut taken = 0;
            while taken < TAKES {
                let object = ptr::with_exposed_provenance_mut::<DispatcherHeader>(address);
                // SAFETY: the mutex outlives the scope below.
                let status = unsafe { KeWaitForSingleObject(object, 0, 0, 0, timeout) };
                if status == NtStatus::SUCCESS {
                    taken += 1;
                    // The others arrive meanwhile.
                    std::thread::yield_now();
                    // SAFETY: as above; this thread owns it.
                    unsafe { KeReleaseMutex(object.cast(), 0) };
                }
            }
            taken
        };
        std::thread::scope(|scope| {
            let start = |number| scope.spawn(move || take_often(waits_end && number % 2 == 1));
            let threads: Vec<_> = (0..THREADS).map(start).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        })
    }

    #[test]
    fn each_of_many_waiters_has_its_turn() {
        assert_eq!(take_by_turns(false), 400);
    }

    #[test]
    fn a_waiter_that_leaves_the_queue_keeps_no_other_waiting() {
        assert_eq!(take_by_turns(true), 400);
    }

    #[test]
    fn waiting_at_dispatch_level_stops() {
        let report = expect_stop!(|| {
            irql::raise(Irql::DISPATCH);
            let _ = wait_for(&mut event(0, 1), -1);
        });
        assert!(
            report.contains("KeWaitForSingleObject was called at DISPATCH_LEVEL"),
            "{report}"
        );
    }
}
