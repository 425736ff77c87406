//! Waiting for events and mutexes.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::dispatcher::{Dispatcher, DispatcherHeader};
use super::time::Timeout;
use super::{event, mutex};
use crate::bugcheck::{self, BugCheck};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::locks::{self, LockKind};

/// `STATUS_TIMEOUT`: a success, by its bits.
const TIMEOUT: NtStatus = NtStatus::new(0x102);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![KeWaitForSingleObject]
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
    let limit = if timeout == Timeout::Now {
        Irql::DISPATCH
    } else {
        Irql::APC
    };
    irql::require_at_most(NAME, limit);
    // SAFETY: by contract an object that can be waited for; its kind never changes.
    let kind = unsafe { (*object).kind };
    match kind {
        event::NOTIFICATION | event::SYNCHRONIZATION => {
            let ends = timeout != Timeout::Never;
            if ends && fault::inject_one_of(NAME, &[&[TIMEOUT]]).is_some() {
                return TIMEOUT;
            }
            // SAFETY: by contract; the kind is that of an event.
            unsafe { wait(object, timeout, event::take_signal) }
        }
        mutex::KIND => {
            // SAFETY: by contract; the kind is that of a mutex.
            unsafe { wait_for_mutex(object.cast(), timeout) }
        }
        kind => stop_unknown(kind),
    }
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
        return unsafe { wait(mutex, timeout, mutex::take) };
    }
    let waiting = mutex::Waiting::begin(mutex);
    // SAFETY: by contract.
    let status = unsafe { wait(mutex, Timeout::Now, mutex::take) };
    if status == NtStatus::SUCCESS {
        return status;
    }
    // SAFETY: by contract.
    waiting.behind_owner(|| unsafe { wait(mutex, timeout, mutex::take) })
}

/// Waits until `take` takes the object.
///
/// # Safety
///
/// `object` has been initialised and stays for the call.
unsafe fn wait<T>(object: *mut T, timeout: Timeout, take: fn(&mut T) -> bool) -> NtStatus {
    let deadline = timeout.deadline();
    let mut dispatcher = Dispatcher::lock();
    // SAFETY: by contract; the dispatcher's lock orders changes.
    while !take(unsafe { &mut *object }) {
        let Some(woken) = dispatcher.wait(deadline) else {
            return TIMEOUT;
        };
        dispatcher = woken;
    }
    NtStatus::SUCCESS
}

fn stop_unknown(kind: u8) -> ! {
    bugcheck::stop(BugCheck {
        code: bugcheck::DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [0, kind.into(), 0, 0],
        rule: format!(
            "a wait for an object of kind {kind}, which is not initialised, or which this host does \
             not implement; events are 0 and 1, a mutex is 2"
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
    fn setting_wakes_who_waits() {
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
