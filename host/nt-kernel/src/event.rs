//! `KEVENT`s that the host's own parts of the kernel set for a driver.

use crate::ke;

/// Initialises the `KEVENT` at `event` as a notification event that is not signalled. Any IRQL.
///
/// # Safety
///
/// `event` is storage for a `KEVENT`.
pub unsafe fn initialize(event: usize) {
    // SAFETY: by contract.
    unsafe { ke::initialize_event(event) };
}

/// Signals the `KEVENT` at `event`. Up to `DISPATCH_LEVEL`.
///
/// # Safety
///
/// `event` has been initialised.
pub unsafe fn set(event: usize) {
    // SAFETY: by contract.
    unsafe { ke::set_event(event) };
}

/// Waits until the `KEVENT` at `event` is signalled. `PASSIVE_LEVEL`.
///
/// # Safety
///
/// `event` has been initialised, and stays until another thread has signalled it.
pub unsafe fn wait(event: usize) {
    // SAFETY: by contract.
    unsafe { ke::wait_for_event(event) };
}
