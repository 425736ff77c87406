//! Starting, stopping, draining and purging queues.

use std::sync::Arc;
use std::time::Instant;

use nt_io::Irp;
use nt_kernel::on_windows::Rule;
use nt_kernel::watchdog;

use super::delivery::{self, End};
use super::notification::{self, Goal, StateCallback, StateNotification};
use super::{Dispatch, QueueBody, cancellation, reserve};
use crate::call::FrameworkCall;
use crate::callback;
use crate::function_entry::functions;
use crate::handle::{WdfQueue, WdfRequest};
use crate::object::Ref;
use crate::pointer::Out;
use crate::request::Place;
use crate::violation::Violation;

functions! {
    DISPATCH WdfIoQueueGetState = get_state(
        queue: WdfQueue, queued: Out<u32>, owned: Out<u32>) -> i32;
    DISPATCH WdfIoQueueStart = start(queue: WdfQueue);
    DISPATCH WdfIoQueueStop = stop(
        queue: WdfQueue, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueueStopSynchronously = stop_synchronously(queue: WdfQueue);
    PASSIVE WdfIoQueueDrainSynchronously = drain_synchronously(queue: WdfQueue);
    DISPATCH WdfIoQueueDrain = drain(
        queue: WdfQueue, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueuePurgeSynchronously = purge_synchronously(queue: WdfQueue);
    DISPATCH WdfIoQueuePurge = purge(
        queue: WdfQueue, callback: Option<StateCallback>, context: usize);
    DISPATCH WdfRequestStopAcknowledge = stop_acknowledge(
        request: WdfRequest, requeue: u8);
    DISPATCH WdfIoQueueStopAndPurge = stop_and_purge(
        queue: WdfQueue, callback: Option<StateCallback>, context: usize);
    PASSIVE WdfIoQueueStopAndPurgeSynchronously = stop_and_purge_synchronously(
        queue: WdfQueue);
}

/// `WdfRequestStopActionSuspend`.
const SUSPEND: u32 = 1;
/// `WdfRequestStopActionPurge`.
const PURGE: u32 = 2;
/// `WdfRequestStopRequestCancelable`.
const CANCELABLE: u32 = 0x1000_0000;

fn start(call: &FrameworkCall, queue: WdfQueue) {
    let queue = call.object(queue, "Queue");
    let mut state = queue.state.lock();
    state.accepts = true;
    state.delivers = true;
    state.purging = false;
    drop(state);
    deliver_waiting(&queue);
}

/// Delivers the requests that waited while the queue was stopped.
fn deliver_waiting(queue: &Ref<QueueBody>) {
    let has_some = !queue.state.lock().waiting.is_empty();
    if queue.dispatch == Dispatch::Manual && has_some {
        notification::notify_ready(queue);
    }
    delivery::deliver(queue);
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

fn turn_off(queue: &Ref<QueueBody>, off: Off) {
    let mut state = queue.state.lock();
    state.accepts = matches!(off, Off::Stop | Off::StopAndPurge);
    state.delivers = off == Off::Drain;
    state.purging = off.purges();
    drop(state);
    if off.purges() {
        cancel_all(queue);
    }
    delivery::deliver(queue);
}

/// Cancels what waits, and what the driver has marked cancelable.
fn cancel_all(queue: &Ref<QueueBody>) {
    let mut state = queue.state.lock();
    let waiting = std::mem::take(&mut state.waiting);
    let owned: Vec<_> = state.owned.values().cloned().collect();
    drop(state);
    for request in waiting {
        delivery::end_cancelled(queue, &request);
    }
    reserve::cancel_pended(queue, |_| true);
    for request in owned {
        cancellation::cancel_marked(&request);
    }
}

fn off_with_callback(
    call: &FrameworkCall,
    queue: WdfQueue,
    off: Off,
    callback: Option<StateCallback>,
    context: usize,
) {
    let queue = call.object(queue, "Queue");
    if let Some(callback) = callback {
        let mut state = queue.state.lock();
        let outstanding = state.notification.is_some();
        if !outstanding {
            state.notification = Some(StateNotification {
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

fn off_and_wait(call: &FrameworkCall, queue: WdfQueue, off: Off) {
    let queue = call.object(queue, "Queue");
    if callback::is_running(queue.value()) && !queue.state.lock().owned.is_empty() {
        const RULE: Rule = Rule::named("queues::a_queue_waits_for_the_request_that_asks_for_it");
        let words =
            "a callback of this queue, whose request the driver owns, would wait for itself";
        call.broken(RULE, Violation::QueueFatalError, queue.value(), words);
    }
    turn_off(&queue, off);
    wait(&queue, off.goal());
}

fn wait(queue: &Ref<QueueBody>, goal: Goal) {
    wait_or(queue, goal, |owned| nt_io::stop_for("a queue waits", owned));
}

/// Waits for a goal; `stop` stops the machine if the driver keeps its requests for too long.
fn wait_or(queue: &Ref<QueueBody>, goal: Goal, stop: fn(&[Arc<Irp>]) -> !) {
    let mut state = queue.state.lock();
    let end = Instant::now() + watchdog::timeout();
    while !state.reaches(goal) {
        let late = queue.changed.wait_until(&mut state, end).timed_out();
        if late && !state.reaches(goal) {
            let owned: Vec<_> = state.owned.values().map(|request| request.irp()).collect();
            drop(state);
            stop(&owned);
        }
    }
}

/// Purges the queue, and waits until nothing is left of its requests.
pub(super) fn purge_and_wait(queue: &Ref<QueueBody>) {
    turn_off(queue, Off::Purge);
    wait(queue, Goal::Idle);
}

/// Stops delivery when the device loses power, and waits until the driver has acknowledged each
/// request that it owns.
pub(crate) fn power_down(queue: &Ref<QueueBody>) {
    suspend(queue);
    wait(queue, Goal::Acknowledged);
}

/// Does the same for a sleep of the system, which Windows stops if the driver keeps a request.
pub(crate) fn power_down_for_sleep(queue: &Ref<QueueBody>) {
    suspend(queue);
    wait_or(queue, Goal::Acknowledged, nt_io::stop_for_power);
}

fn suspend(queue: &Ref<QueueBody>) {
    queue.state.lock().powered = false;
    ask_to_stop(queue, SUSPEND);
}

/// Cancels all requests of the queue, for the removal of its device.
pub(crate) fn purge_for_removal(queue: &Ref<QueueBody>) {
    turn_off(queue, Off::Purge);
    ask_to_stop(queue, PURGE);
    wait(queue, Goal::Idle);
}

/// `EvtIoStop`, if there is one, for each request that the driver owns.
fn ask_to_stop(queue: &Ref<QueueBody>, action: u32) {
    let Some(function) = queue.config.stop else {
        return;
    };
    let owned: Vec<_> = queue.state.lock().owned.values().cloned().collect();
    for request in owned {
        let marked = request.state.lock().marked.is_some();
        let flags = action | if marked { CANCELABLE } else { 0 };
        let (this, that) = (queue.handle(), request.handle());
        notification::call(queue, "EvtIoStop", move || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { function(this, that, flags) }
        });
    }
}

/// Resumes delivery when the device has power: first `EvtIoResume`, if there is one, for each request
/// that the driver has kept.
pub(crate) fn power_up(queue: &Ref<QueueBody>) {
    let mut state = queue.state.lock();
    state.powered = true;
    state.acknowledged.clear();
    let kept: Vec<_> = state.owned.values().cloned().collect();
    drop(state);
    if let Some(function) = queue.config.resume {
        for request in kept {
            let (this, that) = (queue.handle(), request.handle());
            notification::call(queue, "EvtIoResume", move || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(this, that) }
            });
        }
    }
    deliver_waiting(queue);
}

fn stop_acknowledge(call: &FrameworkCall, request: WdfRequest, requeue: u8) {
    let request = call.owned_request(request);
    let Some(queue) = super::of(&request) else {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is not from a queue",
        );
    };
    if requeue == 0 {
        queue.state.lock().acknowledged.push(request.value());
    } else {
        request.set_place(Place::Driver(Some(queue.object().clone())));
        queue.state.lock().owned.remove(&request.value());
        if delivery::insert_at(&queue, &request, End::Head).is_err() {
            delivery::end_cancelled(&queue, &request);
        }
    }
    queue.changed.notify_all();
}

fn stop(call: &FrameworkCall, queue: WdfQueue, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Stop, callback, context);
}

fn drain(call: &FrameworkCall, queue: WdfQueue, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Drain, callback, context);
}

fn purge(call: &FrameworkCall, queue: WdfQueue, callback: Option<StateCallback>, context: usize) {
    off_with_callback(call, queue, Off::Purge, callback, context);
}

fn stop_and_purge(
    call: &FrameworkCall,
    queue: WdfQueue,
    callback: Option<StateCallback>,
    context: usize,
) {
    off_with_callback(call, queue, Off::StopAndPurge, callback, context);
}

fn stop_synchronously(call: &FrameworkCall, queue: WdfQueue) {
    off_and_wait(call, queue, Off::Stop);
}

fn drain_synchronously(call: &FrameworkCall, queue: WdfQueue) {
    off_and_wait(call, queue, Off::Drain);
}

fn purge_synchronously(call: &FrameworkCall, queue: WdfQueue) {
    off_and_wait(call, queue, Off::Purge);
}

fn stop_and_purge_synchronously(call: &FrameworkCall, queue: WdfQueue) {
    off_and_wait(call, queue, Off::StopAndPurge);
}

fn get_state(call: &FrameworkCall, queue: WdfQueue, queued: Out<u32>, owned: Out<u32>) -> i32 {
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
