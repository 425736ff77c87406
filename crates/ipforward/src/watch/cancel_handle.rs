//! What ends a watch that waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abi::Operation;

use crate::device::Device;

/// How long a cancelled call has, until it is cancelled again: it may have been on its way.
const PATIENCE: Duration = Duration::from_millis(10);

/// Whether a watch is to end, and whether it waits.
#[derive(Debug, Default)]
pub(crate) struct Flag {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    stopped: bool,
    waiting: bool,
}

/// A watch waits for as long as this lives.
pub(super) struct Waiting(Arc<Flag>);

impl Flag {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_set(&self) -> bool {
        self.lock().stopped
    }

    /// Begins to wait, if the watch is not stopped.
    pub(super) fn enter(self: Arc<Self>) -> Option<Waiting> {
        let mut state = self.lock();
        if state.stopped {
            return None;
        }
        state.waiting = true;
        drop(state);
        Some(Waiting(self))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.lock().waiting = false;
        self.0.left.notify_all();
    }
}

/// Ends a [`Watch`](crate::Watch) from another thread.
#[derive(Clone, Debug)]
pub struct CancelHandle<'a> {
    device: &'a Device,
    flag: Arc<Flag>,
}

impl<'a> CancelHandle<'a> {
    pub(crate) const fn new(device: &'a Device, flag: Arc<Flag>) -> Self {
        Self { device, flag }
    }

    /// Ends the watch, and returns when it does not wait any more.
    pub fn stop(&self) {
        let mut state = self.flag.lock();
        state.stopped = true;
        while state.waiting {
            drop(state);
            self.device.cancel(Operation::Watch);
            let waited = self
                .flag
                .left
                .wait_timeout_while(self.flag.lock(), PATIENCE, |state| state.waiting);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
