//! Synchronization events: a signal ends one wait.

use abi::NtStatus;
use wdk_sys::_EVENT_TYPE::SynchronizationEvent;
use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::ntddk::{KeInitializeEvent, KeSetEvent, KeWaitForSingleObject};
use wdk_sys::{BOOLEAN, KEVENT, KPRIORITY};

use super::irql::PassiveLevel;
use super::mutex::{KERNEL_MODE, NOT_ALERTABLE, relative_time};
use crate::pool::NonPaged;

/// The event is not signalled at first.
const NOT_SIGNALLED: BOOLEAN = 0;

/// The thread whose wait ends keeps its priority.
const NO_INCREMENT: KPRIORITY = 0;

/// The signal is not the beginning of a wait.
const NO_WAIT_FOLLOWS: BOOLEAN = 0;

/// A `KEVENT` that a wait resets.
pub(super) struct SynchronizationSignal {
    /// Only the kernel's functions touch it.
    event: NonPaged<KEVENT>,
}

// SAFETY: the kernel's functions may be called in every thread.
unsafe impl Sync for SynchronizationSignal {}
// SAFETY: no thread waits for an event while it is moved, because waiting borrows it.
unsafe impl Send for SynchronizationSignal {}

impl SynchronizationSignal {
    /// `KeInitializeEvent`.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no pool left.
    pub(super) fn new(_level: &PassiveLevel) -> Result<Self, NtStatus> {
        let event = NonPaged::new(KEVENT::default())?;
        // SAFETY: the block is resident and stays at its address until it is freed.
        unsafe { KeInitializeEvent(event.as_shared_ptr(), SynchronizationEvent, NOT_SIGNALLED) };
        Ok(Self { event })
    }

    /// `KeSetEvent`.
    pub(super) fn set(&self) {
        // SAFETY: the event is initialised and lives while `self` is lent.
        unsafe { KeSetEvent(self.event.as_shared_ptr(), NO_INCREMENT, NO_WAIT_FOLLOWS) };
    }

    /// Waits for a signal, for at most `limit`, in 100 ns: false if that has passed.
    pub(super) fn wait_within(&self, _level: &PassiveLevel, limit: u64) -> bool {
        let mut timeout = relative_time(limit);
        // SAFETY: the event is initialised and lives while `self` is lent; waiting is allowed at
        // `PASSIVE_LEVEL`, which is proven.
        let status = unsafe {
            KeWaitForSingleObject(
                self.event.as_shared_ptr().cast(),
                Executive,
                KERNEL_MODE,
                NOT_ALERTABLE,
                &raw mut timeout,
            )
        };
        status == NtStatus::SUCCESS.0
    }
}
