//! Starting, stopping, draining and purging queues, and telling the driver when it is done.

use std::time::Instant;

use super::super::call::Call;
use super::super::callback;
use super::super::functions::functions;
use super::super::handle::Handle;
use super::super::object::Ref;
use super::super::pointer::Out;
use super::super::request::{Place, Request, cancel_marked};
use super::super::violation::Violation;
use super::deliver::{self, End};
use super::{Dispatch, Queue, State, reserve};
use crate::io;
use crate::kernel::watchdog;

functions! {
    DISPATCH WdfIoQueueGetState = get_state(
        queue: Handle<Queue>, queued: Out<u32>, owned: Out<u32>) -> i32;
    DISPATCH WdfIoQueueStart = start(queue: Handle<Queue>);
    DISPATCH WdfIoQueueStop = stop(
        queue: Handle<Queue>, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueueStopSynchronously = stop_synchronously(queue: Handle<Queue>);
    PASSIVE WdfIoQueueDrainSynchronously = drain_synchronously(queue: Handle<Queue>);
    DISPATCH WdfIoQueueDrain = drain(
        queue: Handle<Queue>, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueuePurgeSynchronously = purge_synchronously(queue: Handle<Queue>);
    DISPATCH WdfIoQueuePurge = purge(
        queue: Handle<Queue>, callback: Option<StateCallback>, context: usize);
    DISPATCH WdfRequestStopAcknowledge = stop_acknowledge(
        request: Handle<Request>, requeue: u8);
    DISPATCH WdfIoQueueStopAndPurge = stop_and_purge(
        queue: Handle<Queue>, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueueStopAndPurgeSynchronously = stop_and_purge_synchronously(
        queue: Handle<Queue>);
}

/// `EvtIoQueueState`.
pub(super) type StateCallback = unsafe extern "win64" fn(Handle<Queue>, usize);

/// `WdfRequestStopActionSuspend`.
const SUSPEND: u32 = 1;
/// `WdfRequestStopActionPurge`.
const PURGE: u32 = 2;
/// `WdfRequestStopRequestCancelable`.
const CANCELABLE: u32 = 0x1000_0000;

/// What a change of state waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
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
pub(super) struct Notification {
    goal: Goal,
    callback: StateCallback,
    context: usize,
}

impl State {
    fn reaches(&self, goal: Goal) -> bool {
        match goal {
            Goal::NoneOwned => self.owned.is_empty(),
            Goal::Empty => self.owned.is_empty() && self.waiting.is_empty(),
            Goal::Idle => self.owned.is_empty() && self.waiting.is_empty() && self.running == 0,
            Goal::Acknowledged => self.owned.len() == self.acknowledged.len(),
        }
    }
}

/// Looks whether a goal has been reached, and tells the driver.
pub(super) fn look(queue: &Ref<Queue>) {
    let mut state = queue.state.lock();
    let due = state
        .notification
        .filter(|notification| state.reaches(notification.goal));
    if due.is_some() {
        state.notification = None;
    }
    drop(state);
    if let Some(due) = due {
        tell(queue, "EvtIoQueueState", due.callback, due.context);
    }
}

/// Tells the driver that a manual queue is not empty any more.
pub(super) fn notify_ready(queue: &Ref<Queue>) {
    let state = queue.state.lock();
    let ready = state.ready.filter(|_| state.delivers && state.powered);
    drop(state);
    if let Some((callback, context)) = ready {
        tell(queue, "EvtIoQueueReady", callback, context);
    }
}

fn tell(queue: &Ref<Queue>, name: &'static str, callback: StateCallback, context: usize) {
    let this = queue.handle();
    deliver::call(queue, name, move || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { callback(this, context) }
    });
}

fn start(call: &Call, queue: Handle<Queue>) {
    let queue = call.object(queue, "Queue");
    let mut state = queue.state.lock();
    state.accepts = true;
    state.delivers = true;
    state.purging = false;
    drop(state);
    set_off(&queue);
}

/// Delivers what a queue that was off has gathered.
fn set_off(queue: &Ref<Queue>) {
    let has_some = !queue.state.lock().waiting.is_empty();
    if queue.dispatch == Dispatch::Manual && has_some {
        notify_ready(queue);
    }
    deliver::deliver(queue);
}

/// The ways of turning a queue off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Off {
    Stop,
    Drain,
    Purge,
    StopAndPurge,
}

impl Off {
    fn goal(self) -> Goal {
        match self {
            Self::Stop | Self::StopAndPurge => Goal::NoneOwned,
            Self::Drain => Goal::Empty,
            Self::Purge => Goal::Idle,
        }
    }

    fn purges(self) -> bool {
        matches!(self, Self::Purge | Self::StopAndPurge)
    }
}

fn turn_off(queue: &Ref<Queue>, off: Off) {
    let mut state = queue.state.lock();
    state.accepts = matches!(off, Off::Stop | Off::StopAndPurge);
    state.delivers = off == Off::Drain;
    state.purging = off.purges();
    drop(state);
    if off.purges() {
        cancel_all(queue);
    }
    deliver::deliver(queue);
}

/// Cancels what waits, and what the driver has marked cancelable.
fn cancel_all(queue: &Ref<Queue>) {
    let mut state = queue.state.lock();
    let waiting = std::mem::take(&mut state.waiting);
    let owned: Vec<_> = state.owned.values().cloned().collect();
    drop(state);
    for request in waiting {
        deliver::end_cancelled(queue, &request);
    }
    reserve::cancel_pended(queue, |_| true);
    for request in owned {
        cancel_marked(&request);
    }
}

fn off_with_callback(
    call: &Call,
    queue: Handle<Queue>,
    off: Off,
    callback: Option<StateCallback>,
    context: usize,
) {
    let queue = call.object(queue, "Queue");
    if let Some(callback) = callback {
        let mut state = queue.state.lock();
        let outstanding = state.notification.is_some();
        if !outstanding {
            state.notification = Some(Notification {
                goal: off.goal(),
                callback,
                context,
            });
        }
        drop(state);
        if outstanding {
            call.violation(
                Violation::QueueFatalError,
                queue.value(),
                "the callback of an earlier change of state is still outstanding",
            );
        }
    }
    turn_off(&queue, off);
}

fn off_and_wait(call: &Call, queue: Handle<Queue>, off: Off) {
    let queue = call.object(queue, "Queue");
    if callback::is_running(queue.value()) && !queue.state.lock().owned.is_empty() {
        call.violation(
            Violation::QueueFatalError,
            queue.value(),
            "a callback of this queue, whose request the driver owns, would wait for itself",
        );
    }
    turn_off(&queue, off);
    wait(&queue, off.goal());
}

fn wait(queue: &Ref<Queue>, goal: Goal) {
    let mut state = queue.state.lock();
    let end = Instant::now() + watchdog::timeout();
    while !state.reaches(goal) {
        let late = queue.changed.wait_until(&mut state, end).timed_out();
        if late && !state.reaches(goal) {
            let owned: Vec<_> = state.owned.values().map(|request| request.irp()).collect();
            drop(state);
            io::stop_for("a queue waits", &owned);
        }
    }
}

/// Purges the queue, and waits until nothing is left of its requests.
pub(super) fn purge_and_wait(queue: &Ref<Queue>) {
    turn_off(queue, Off::Purge);
    wait(queue, Goal::Idle);
}

/// The device loses power: waits until the driver has answered for each request that it owns.
pub(in super::super) fn hold(queue: &Ref<Queue>) {
    queue.state.lock().powered = false;
    ask_to_stop(queue, SUSPEND);
    wait(queue, Goal::Acknowledged);
}

/// The device goes: nothing is left of the queue's requests.
pub(in super::super) fn remove(queue: &Ref<Queue>) {
    turn_off(queue, Off::Purge);
    ask_to_stop(queue, PURGE);
    wait(queue, Goal::Idle);
}

/// `EvtIoStop`, if there is one, for each request that the driver owns.
fn ask_to_stop(queue: &Ref<Queue>, action: u32) {
    let Some(function) = queue.config.stop else {
        return;
    };
    let owned: Vec<_> = queue.state.lock().owned.values().cloned().collect();
    for request in owned {
        let marked = request.state.lock().marked.is_some();
        let flags = action | if marked { CANCELABLE } else { 0 };
        let (this, that) = (queue.handle(), request.handle());
        deliver::call(queue, "EvtIoStop", move || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { function(this, that, flags) }
        });
    }
}

/// The device has power.
pub(in super::super) fn resume(queue: &Ref<Queue>) {
    let mut state = queue.state.lock();
    state.powered = true;
    state.acknowledged.clear();
    drop(state);
    set_off(queue);
}

fn stop_acknowledge(call: &Call, request: Handle<Request>, requeue: u8) {
    let request = call.owned_request(request);
    let Some(queue) = request.queue() else {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is not from a queue",
        );
    };
    if requeue == 0 {
        queue.state.lock().acknowledged.push(request.value());
    } else {
        request.set_place(Place::Driver(Some(queue.clone())));
        queue.state.lock().owned.remove(&request.value());
        if deliver::insert_at(&queue, &request, End::Head).is_err() {
            deliver::end_cancelled(&queue, &request);
        }
    }
    queue.changed.notify_all();
}

fn stop(call: &Call, queue: Handle<Queue>, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Stop, callback, context);
}

fn drain(call: &Call, queue: Handle<Queue>, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Drain, callback, context);
}

fn purge(call: &Call, queue: Handle<Queue>, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Purge, callback, context);
}

fn stop_and_purge(
    call: &Call,
    queue: Handle<Queue>,
    callback: Option<StateCallback>,
    context: usize,
) {
    off_with_callback(call, queue, Off::StopAndPurge, callback, context);
}

fn stop_synchronously(call: &Call, queue: Handle<Queue>) {
    off_and_wait(call, queue, Off::Stop);
}

fn drain_synchronously(call: &Call, queue: Handle<Queue>) {
    off_and_wait(call, queue, Off::Drain);
}

fn purge_synchronously(call: &Call, queue: Handle<Queue>) {
    off_and_wait(call, queue, Off::Purge);
}

fn stop_and_purge_synchronously(call: &Call, queue: Handle<Queue>) {
    off_and_wait(call, queue, Off::StopAndPurge);
}

fn get_state(call: &Call, queue: Handle<Queue>, queued: Out<u32>, owned: Out<u32>) -> i32 {
    const ACCEPTS: i32 = 1;
    const DISPATCHES: i32 = 2;
    const NO_REQUESTS: i32 = 4;
    const DRIVER_NO_REQUESTS: i32 = 8;
    const HELD: i32 = 16;
    let queue = call.object(queue, "Queue");
    let state = queue.state.lock();
    queued.set(u32::try_from(state.waiting.len()).unwrap_or(u32::MAX));
    owned.set(u32::try_from(state.owned.len()).unwrap_or(u32::MAX));
    [
        (state.accepts, ACCEPTS),
        (state.delivers, DISPATCHES),
        (state.waiting.is_empty(), NO_REQUESTS),
        (state.owned.is_empty(), DRIVER_NO_REQUESTS),
        (!state.powered, HELD),
    ]
    .into_iter()
    .filter_map(|(holds, bit)| holds.then_some(bit))
    .sum()
}
