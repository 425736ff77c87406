//! The calls of a process that have not been answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nt_io::Irp;
use parking_lot::{Condvar, Mutex};

/// How far a call has come.
enum Stage {
    /// Its thread is busy with another one.
    Waiting,
    /// It is on its way into the driver; if it is to be cancelled, as soon as that can be done.
    Entering { cancelled: bool },
    /// The driver has the call, or receives it now.
    Pending(Arc<Irp>),
}

/// The outcome of cancelling a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// There is no such call.
    Unknown,
    /// It had not begun and never will: the canceller must answer it.
    BeforeItBegan,
    /// Its answer will come from the driver.
    Requested,
}

/// A call that has not been answered.
struct UnansweredCall {
    /// The client's number of the thread that made it.
    thread: u64,
    stage: Stage,
}

/// The calls that have not been answered, by their ids.
#[derive(Default)]
pub(super) struct InFlight {
    calls: Mutex<HashMap<u64, UnansweredCall>>,
    fewer: Condvar,
}

impl InFlight {
    /// Adds a call of `thread` that has arrived; false if its id is that of another one.
    pub(super) fn arrive(&self, id: u64, thread: u64) -> bool {
        let stage = Stage::Waiting;
        let call = UnansweredCall { thread, stage };
        self.calls.lock().insert(id, call).is_none()
    }

    /// Notes that a call begins; false if it has been cancelled.
    pub(super) fn begin(&self, id: u64) -> bool {
        let mut calls = self.calls.lock();
        let Some(UnansweredCall { stage, .. }) = calls.get_mut(&id) else {
            return false;
        };
        *stage = Stage::Entering { cancelled: false };
        true
    }

    /// Notes that the driver gets a call, unless it has been answered already.
    pub(super) fn pend(&self, id: u64, irp: &Arc<Irp>) {
        let mut calls = self.calls.lock();
        let Some(UnansweredCall { stage, .. }) = calls.get_mut(&id) else {
            return;
        };
        let cancelled = matches!(stage, Stage::Entering { cancelled: true });
        *stage = Stage::Pending(Arc::clone(irp));
        drop(calls);
        if cancelled {
            // The call's own reply shows whether it was still in flight.
            let _ = nt_io::cancel(irp);
        }
    }

    /// Removes a call that is being answered.
    pub(super) fn end(&self, id: u64) {
        self.calls.lock().remove(&id);
        self.fewer.notify_all();
    }

    /// Cancels a call.
    pub(super) fn cancel(&self, id: u64) -> Cancelled {
        let mut calls = self.calls.lock();
        match calls.get_mut(&id).map(|call| &mut call.stage) {
            None => Cancelled::Unknown,
            Some(Stage::Waiting) => {
                calls.remove(&id);
                Cancelled::BeforeItBegan
            }
            Some(Stage::Entering { cancelled }) => {
                *cancelled = true;
                Cancelled::Requested
            }
            Some(Stage::Pending(irp)) => {
                let irp = Arc::clone(irp);
                drop(calls);
                if nt_io::cancel(&irp) {
                    Cancelled::Requested
                } else {
                    Cancelled::Unknown
                }
            }
        }
    }

    /// Removes a call that has not begun, and never will.
    pub(super) fn end_waiting(&self, id: u64) {
        let mut calls = self.calls.lock();
        if let Some(Stage::Waiting) = calls.get(&id).map(|call| &call.stage) {
            calls.remove(&id);
        }
    }

    /// The ids of all calls, and the threads that made them.
    pub(super) fn ids(&self) -> Vec<(u64, u64)> {
        let calls = self.calls.lock();
        let ids = calls.iter().map(|(id, call)| (*id, call.thread));
        ids.collect()
    }

    /// The calls that the driver has.
    pub(super) fn pending(&self) -> Vec<Arc<Irp>> {
        let calls = self.calls.lock();
        let irps = calls.values().filter_map(|call| match &call.stage {
            Stage::Pending(irp) => Some(Arc::clone(irp)),
            Stage::Waiting | Stage::Entering { .. } => None,
        });
        irps.collect()
    }

    /// Waits until no call is in flight, at most for `time`. Returns true if none is.
    pub(super) fn wait_empty(&self, time: Duration) -> bool {
        let mut calls = self.calls.lock();
        let more = |calls: &mut HashMap<u64, UnansweredCall>| !calls.is_empty();
        !self
            .fewer
            .wait_while_for(&mut calls, more, time)
            .timed_out()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_has_not_begun_is_cancelled_for_good() {
        let calls = InFlight::default();
        assert!(calls.arrive(1, 0));
        assert!(!calls.arrive(1, 0));
        assert_eq!(calls.cancel(1), Cancelled::BeforeItBegan);
        assert!(!calls.begin(1));
        assert_eq!(calls.cancel(1), Cancelled::Unknown);
    }

    #[test]
    fn a_call_on_its_way_is_cancelled_later_and_waited_for() {
        let calls = InFlight::default();
        calls.arrive(1, 0);
        assert!(calls.begin(1));
        assert_eq!(calls.cancel(1), Cancelled::Requested);
        assert!(!calls.wait_empty(Duration::ZERO));
        calls.end(1);
        assert!(calls.wait_empty(Duration::ZERO));
    }
}
