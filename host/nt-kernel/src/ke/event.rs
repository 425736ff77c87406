//! Events: signalled until they are reset, or until a thread has waited for them.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::dispatcher::{Dispatcher, DispatcherHeader};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

/// A `DISPATCHER_HEADER`'s type of an event that stays signalled.
pub(super) const NOTIFICATION: u8 = 0;
/// A `DISPATCHER_HEADER`'s type of an event that releases one waiter.
pub(super) const SYNCHRONIZATION: u8 = 1;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeClearEvent,
        KeInitializeEvent,
        KeReadStateEvent,
        KeResetEvent,
        KeSetEvent,
    ]
}

/// A `KEVENT`, which is no more than its `DISPATCHER_HEADER`.
type Event = DispatcherHeader;

/// Any IRQL.
pub(super) unsafe extern "win64" fn KeInitializeEvent(event: *mut Event, kind: u32, state: u8) {
    let kind = if kind == 0 {
        NOTIFICATION
    } else {
        SYNCHRONIZATION
    };
    let new = DispatcherHeader::new(
        event.addr(),
        kind,
        size_of::<Event>(),
        i32::from(state != 0),
    );
    // SAFETY: by contract storage for an event.
    unsafe { event.write(new) };
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` if a wait follows at once.
pub(super) unsafe extern "win64" fn KeSetEvent(
    event: *mut Event,
    _increment: i32,
    wait: u8,
) -> i32 {
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
    let _dispatcher = Dispatcher::lock();
    // SAFETY: by contract an event that has been initialised; the lock orders its changes.
    unsafe { (*event).state }
}

/// Initialises a notification event that is not signalled.
///
/// # Safety
///
/// `event` is storage for a `KEVENT`.
pub(crate) unsafe fn initialize_event(event: usize) {
    let event = std::ptr::with_exposed_provenance_mut(event);
    // SAFETY: by contract.
    unsafe { KeInitializeEvent(event, NOTIFICATION.into(), 0) };
}

/// Signals an event.
///
/// # Safety
///
/// `event` has been initialised.
pub(crate) unsafe fn set_event(event: usize) {
    let event = std::ptr::with_exposed_provenance_mut(event);
    // SAFETY: by contract.
    unsafe { KeSetEvent(event, 0, 0) };
}

/// Waits for an event, as long as it takes.
///
/// # Safety
///
/// `event` has been initialised and stays for the call.
pub(crate) unsafe fn wait_for_event(event: usize) {
    let event: *mut Event = std::ptr::with_exposed_provenance_mut(event);
    let mut dispatcher = Dispatcher::lock();
    loop {
        // SAFETY: by contract; the lock orders its changes.
        let event = unsafe { &mut *event };
        if take_signal(event) {
            return;
        }
        dispatcher = dispatcher.wait(None).expect("a wait without a deadline");
    }
}

/// Sets the state and returns the old one.
///
/// # Safety
///
/// `event` has been initialised and stays for the call.
unsafe fn change_state(event: *mut Event, state: i32) -> i32 {
    let dispatcher = Dispatcher::lock();
    // SAFETY: by contract; the lock orders its changes.
    let event = unsafe { &mut *event };
    let old = std::mem::replace(&mut event.state, state);
    if state != 0 {
        dispatcher.wake();
    }
    old
}

/// Whether the event is signalled; a synchronization event is reset by that.
pub(super) const fn take_signal(event: &mut Event) -> bool {
    let signalled = event.state != 0;
    if event.kind == SYNCHRONIZATION {
        event.state = 0;
    }
    signalled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_documented_size() {
        assert_eq!(size_of::<Event>(), 24);
    }
}
