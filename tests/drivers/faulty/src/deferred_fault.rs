//! Faults that a request prepares, and a later callback of the driver commits.

use core::sync::atomic::{AtomicUsize, Ordering};

/// A callback that can commit a fault.
#[derive(Clone, Copy)]
pub(crate) enum FaultCallback {
    /// `EvtFileCleanup`: the last handle of a file is closed.
    FileCleanup,
    /// `EvtFileClose`.
    FileClose,
    /// `EvtDeviceD0Exit`: the device loses power, because it is removed.
    D0Exit,
    /// `EvtDriverUnload`.
    Unload,
}

pub(crate) type DeferredFault = unsafe fn();

static FAULTS: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

/// Has `callback` commit `fault` once.
pub(crate) fn defer_to(callback: FaultCallback, fault: DeferredFault) {
    FAULTS[callback as usize].store(fault as usize, Ordering::SeqCst);
}

/// Commits the fault that was deferred to this callback, if there is one.
pub(crate) fn commit(callback: FaultCallback) {
    let fault = FAULTS[callback as usize].swap(0, Ordering::SeqCst);
    if fault != 0 {
        // SAFETY: `defer_to` put a function of this type there. What it does is not safe, on purpose.
        unsafe { core::mem::transmute::<usize, DeferredFault>(fault)() };
    }
}
