//! Events, and waiting for them. An event's state is in the driver's memory; every wait uses the
//! host's one dispatcher lock.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use nt_types::NtStatus;

use super::time::Timeout;
use crate::bugcheck::{self, BugCheck};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};

/// `STATUS_TIMEOUT`: a success, by its bits.
const TIMEOUT: NtStatus = NtStatus::new(0x102);
/// A `DISPATCHER_HEADER`'s type of an event that stays signalled.
const NOTIFICATION: u8 = 0;
/// A `DISPATCHER_HEADER`'s type of an event that releases one waiter.
const SYNCHRONIZATION: u8 = 1;
/// Size of a `KEVENT` in units of 4 bytes, as its header says it.
const EVENT_SIZE: u8 = 6;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeClearEvent,
        KeInitializeEvent,
        KeReadStateEvent,
        KeResetEvent,
        KeSetEvent,
        KeWaitForSingleObject,
    ]
}

/// A `KEVENT`, which is no more than its `DISPATCHER_HEADER`.
#[repr(C)]
struct Event {
    kind: u8,
    signalling: u8,
    size: u8,
    inserted: u8,
    state: i32,
    waiters: [usize; 2],
}

static DISPATCHER: Mutex<()> = Mutex::new(());
static SIGNALLED: Condvar = Condvar::new();

/// Any IRQL.
unsafe extern "win64" fn KeInitializeEvent(event: *mut Event, kind: u32, state: u8) {
    let list = event.addr() + std::mem::offset_of!(Event, waiters);
    let new = Event {
        kind: u8::from(kind != 0),
        signalling: 0,
        size: EVENT_SIZE,
        inserted: 0,
        state: i32::from(state != 0),
        waiters: [list; 2],
    };
    // SAFETY: by contract storage for an event.
    unsafe { event.write(new) };
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` if a wait follows at once.
unsafe extern "win64" fn KeSetEvent(event: *mut Event, _increment: i32, wait: u8) -> i32 {
    let limit = if wait == 0 { Irql::DISPATCH } else { Irql::APC };
    irql::require_at_most("KeSetEvent", limit);
    // SAFETY: by contract an event that has been initialised.
    unsafe { change_state(event, 1) }
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn KeResetEvent(event: *mut Event) -> i32 {
    irql::require_at_most("KeResetEvent", Irql::DISPATCH);
    // SAFETY: by contract an event that has been initialised.
    unsafe { change_state(event, 0) }
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn KeClearEvent(event: *mut Event) {
    irql::require_at_most("KeClearEvent", Irql::DISPATCH);
    // SAFETY: by contract an event that has been initialised.
    unsafe { change_state(event, 0) };
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn KeReadStateEvent(event: *const Event) -> i32 {
    irql::require_at_most("KeReadStateEvent", Irql::DISPATCH);
    let _dispatcher = DISPATCHER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: by contract an event that has been initialised; the lock orders its changes.
    unsafe { (*event).state }
}

/// Up to `APC_LEVEL`, up to `DISPATCH_LEVEL` with a timeout of zero. The host
/// alerts no thread and has no user APCs, so a wait can fail only with `STATUS_TIMEOUT`.
unsafe extern "win64" fn KeWaitForSingleObject(
    object: *mut Event,
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
    let ends = timeout != Timeout::Never;
    if ends && fault::inject_one_of(NAME, &[&[TIMEOUT]]).is_some() {
        return TIMEOUT;
    }
    // SAFETY: by contract an object that can be waited for.
    unsafe { wait(object, timeout) }
}

/// Sets the state and returns the old one.
///
/// # Safety
///
/// `event` has been initialised and stays for the call.
unsafe fn change_state(event: *mut Event, state: i32) -> i32 {
    let _dispatcher = DISPATCHER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: by contract; the lock orders its changes.
    let event = unsafe { &mut *event };
    let old = std::mem::replace(&mut event.state, state);
    if state != 0 {
        SIGNALLED.notify_all();
    }
    old
}

/// Waits until the event is signalled.
///
/// # Safety
///
/// `event` is an object with a dispatcher header and stays for the call.
unsafe fn wait(event: *mut Event, timeout: Timeout) -> NtStatus {
    let deadline = timeout.deadline();
    let mut dispatcher = DISPATCHER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: by contract; the lock orders changes.
    while !unsafe { take_signal(event) } {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        dispatcher = match left {
            Some(left) if left.is_zero() => return TIMEOUT,
            Some(left) => {
                let woken = SIGNALLED.wait_timeout(dispatcher, left);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let woken = SIGNALLED.wait(dispatcher);
                woken.unwrap_or_else(PoisonError::into_inner)
            }
        };
    }
    NtStatus::SUCCESS
}

/// Whether the event is signalled; a synchronization event is reset by that.
///
/// # Safety
///
/// `event` is an object with a dispatcher header, and the dispatcher is locked.
unsafe fn take_signal(event: *mut Event) -> bool {
    // SAFETY: by contract.
    let event = unsafe { &mut *event };
    let signalled = event.state != 0;
    match event.kind {
        NOTIFICATION => {}
        SYNCHRONIZATION => event.state = 0,
        kind => stop_unknown(kind),
    }
    signalled
}

fn stop_unknown(kind: u8) -> ! {
    bugcheck::stop(BugCheck {
        code: bugcheck::DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [0, kind.into(), 0, 0],
        rule: format!(
            "a wait for an object of kind {kind}, which is not initialised, or which this host does \
             not implement; events are 0 and 1"
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::fault::Plan;
    use crate::testing::{expect_stop, run_alone};

    fn event(kind: u32, state: u8) -> Event {
        let mut event = std::mem::MaybeUninit::uninit();
        // SAFETY: storage for an event.
        unsafe { KeInitializeEvent(event.as_mut_ptr(), kind, state) };
        // SAFETY: initialised above.
        unsafe { event.assume_init() }
    }

    fn wait_for(event: &mut Event, timeout: i64) -> NtStatus {
        // SAFETY: an event of this test.
        unsafe { KeWaitForSingleObject(event, 0, 0, 0, &raw const timeout) }
    }

    #[test]
    fn an_event_has_the_documented_size() {
        assert_eq!(size_of::<Event>(), 24);
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
                let event = ptr::with_exposed_provenance_mut::<Event>(address);
                // SAFETY: the event outlives the scope.
                unsafe { KeSetEvent(event, 0, 0) };
            });
            let event = ptr::with_exposed_provenance_mut::<Event>(address);
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
