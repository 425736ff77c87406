//! The notifications of the system, in their order, until the watches of a device have read them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use abi::MibIpForwardRow2;
use abi::watch::RING_EVENTS;

/// What the system has notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemChange {
    /// A route: an `EVENT_` kind, and a row of which only the keys count.
    Route(u32, MibIpForwardRow2),
    /// An interface or one of its addresses, by its LUID; 0 if the system did not say which.
    Interface(u64),
}

/// One notification and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberedChange {
    pub(super) sequence: u64,
    pub(super) change: SystemChange,
}

/// The newest notifications. A callback of the system adds to it from a thread of its own.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    state: Mutex<LogState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct LogState {
    /// The number of the newest notification.
    pub(super) sequence: u64,
    changes: VecDeque<NumberedChange>,
    /// The number of the newest notification that made room for others, and how many did.
    pub(super) lost_to: u64,
    pub(super) lost: u64,
    cancellations: u64,
}

impl LogState {
    /// The notifications after this number.
    pub(super) fn after(&self, sequence: u64) -> impl Iterator<Item = &NumberedChange> {
        let is_after = move |change: &&NumberedChange| change.sequence > sequence;
        self.changes.iter().filter(is_after)
    }
}

impl ChangeLog {
    /// Adds a notification. The oldest one makes room if there are too many.
    pub(crate) fn push(&self, change: SystemChange) {
        let mut state = self.lock();
        state.sequence += 1;
        let sequence = state.sequence;
        state.changes.push_back(NumberedChange { sequence, change });
        if state.changes.len() > RING_EVENTS as usize
            && let Some(oldest) = state.changes.pop_front()
        {
            state.lost_to = oldest.sequence;
            state.lost += 1;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// The number of the newest notification.
    pub(super) fn sequence(&self) -> u64 {
        self.lock().sequence
    }

    /// Ends the calls that wait.
    pub(super) fn cancel(&self) {
        self.lock().cancellations += 1;
        self.changed.notify_all();
    }

    /// Calls `read` after each notification until it returns something. `None`: the wait was
    /// cancelled.
    pub(super) fn wait<T>(&self, mut read: impl FnMut(&LogState) -> Option<T>) -> Option<T> {
        let mut state = self.lock();
        let cancellations = state.cancellations;
        loop {
            if let Some(value) = read(&state) {
                return Some(value);
            }
            if state.cancellations != cancellations {
                return None;
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, LogState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
