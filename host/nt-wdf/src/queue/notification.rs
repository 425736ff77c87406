//! The driver's callbacks about a queue: when it has reached a state, and when it is ready.

use nt_io::system_work;
use nt_kernel::irql::{self, Irql};

use super::{QueueBody, QueueState};
use crate::handle::WdfQueue;
use crate::object::{ExecutionLevel, Ref};
use crate::{callback, callback_lock};

/// `EvtIoQueueState`.
pub(super) type StateCallback = unsafe extern "win64" fn(WdfQueue, usize);

/// The condition that a change of state waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The driver owns none.
    NoneOwned,
    /// Nor is any waiting.
    Empty,
    /// Nor is a callback running.
    Idle,
    /// The driver owns none that it has not acknowledged.
    Acknowledged,
}

/// A callback that is due when a goal is reached.
#[derive(Clone, Copy)]
pub(crate) struct StateNotification {
    pub(super) goal: Goal,
    pub(super) callback: StateCallback,
    pub(super) context: usize,
}

impl QueueState {
    /// Whether the goal is reached.
    pub(super) fn reaches(&self, goal: Goal) -> bool {
        match goal {
            Goal::NoneOwned => self.owned.is_empty(),
            Goal::Empty => self.owned.is_empty() && self.waiting.is_empty(),
            Goal::Idle => self.owned.is_empty() && self.waiting.is_empty() && self.running == 0,
            Goal::Acknowledged => self.owned.len() == self.acknowledged.len(),
        }
    }
}

/// Calls the driver if the state that it waits for has been reached.
pub(crate) fn call_if_reached(queue: &Ref<QueueBody>) {
    let mut state = queue.state.lock();
    let due = state
        .notification
        .filter(|notification| state.reaches(notification.goal));
    if due.is_some() {
        state.notification = None;
    }
    drop(state);
    if let Some(due) = due {
        call_state_callback(queue, "EvtIoQueueState", due.callback, due.context);
    }
}

/// Calls the driver because a manual queue is no longer empty.
pub(crate) fn notify_ready(queue: &Ref<QueueBody>) {
    let state = queue.state.lock();
    let ready = state.ready.filter(|_| state.delivers && state.powered);
    drop(state);
    if let Some((callback, context)) = ready {
        call_state_callback(queue, "EvtIoQueueReady", callback, context);
    }
}

fn call_state_callback(
    queue: &Ref<QueueBody>,
    name: &'static str,
    callback: StateCallback,
    context: usize,
) {
    let this = queue.handle();
    call(queue, name, move || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { callback(this, context) }
    });
}

/// Whether callbacks of the queue cannot run on this thread now.
pub(super) fn must_defer(queue: &Ref<QueueBody>) -> bool {
    let passive = queue.object().level() == ExecutionLevel::Passive;
    let own = queue.lock().is_some_and(|lock| lock.is_mine());
    own || (passive && irql::current() > Irql::PASSIVE)
}

/// Runs a callback of the queue under its lock and at its level: now, or as soon as possible.
pub(crate) fn call(
    queue: &Ref<QueueBody>,
    name: &'static str,
    function: impl FnOnce() + Send + 'static,
) {
    let run = {
        let queue = queue.clone();
        move || {
            queue.state.lock().running += 1;
            callback_lock::run(queue.lock(), || {
                callback::run(name, queue.value(), function);
            });
            queue.state.lock().running -= 1;
            queue.changed.notify_all();
            call_if_reached(&queue);
        }
    };
    if must_defer(queue) {
        system_work::queue(name, run);
    } else {
        run();
    }
}
