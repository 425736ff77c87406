//! Cancelling a watch from another thread.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abi::Operation;

use super::Device;

/// Time until a cancellation is repeated: the call may not have reached the driver the first time.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Shared by a watch and its cancel handles.
#[derive(Debug, Default)]
pub(crate) struct CancelFlag {
    state: Mutex<CancelState>,
    wait_ended: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct CancelState {
    cancelled: bool,
    waiting: bool,
}

/// Marks the watch as waiting until it is dropped.
pub(super) struct WaitGuard(Arc<CancelFlag>);

impl CancelFlag {
    fn lock(&self) -> MutexGuard<'_, CancelState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_set(&self) -> bool {
        self.lock().cancelled
    }

    /// Marks the watch as waiting; `None` if it is cancelled.
    pub(super) fn enter(self: Arc<Self>) -> Option<WaitGuard> {
        let mut state = self.lock();
        if state.cancelled {
            return None;
        }
        state.waiting = true;
        drop(state);
        Some(WaitGuard(self))
    }
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        self.0.lock().waiting = false;
        self.0.wait_ended.notify_all();
    }
}

/// Cancels a [`Watch`](crate::Watch) from another thread.
#[derive(Clone, Debug)]
pub struct CancelHandle {
    device: Device,
    flag: Arc<CancelFlag>,
}

impl CancelHandle {
    pub(crate) const fn new(device: Device, flag: Arc<CancelFlag>) -> Self {
        Self { device, flag }
    }

    /// Cancels the watch and returns when it has stopped waiting.
    pub fn cancel(&self) {
        let mut state = self.flag.lock();
        state.cancelled = true;
        while state.waiting {
            drop(state);
            // The calls of other watches end too; they see this number and wait again.
            self.device.0.cancellations.fetch_add(1, Ordering::AcqRel);
            self.device.cancel(Operation::Watch);
            let waited = self.flag.wait_ended.wait_timeout_while(
                self.flag.lock(),
                RETRY_INTERVAL,
                |state| state.waiting,
            );
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
