//! Insertion of requests into a queue, their delivery to the driver, and their cancellation.

use std::cell::RefCell;

use nt_io::{Irp, system_work};
use nt_types::status::NtStatus;

use super::{Dispatch, QueueBody, QueueState, notification};
use crate::object::Ref;
use crate::request::{Place, RequestBody, finish};
use crate::{callback, callback_lock};

/// Why the queue refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InsertError {
    /// The queue takes no requests.
    NotAccepting,
    /// The caller has cancelled it.
    Cancelled,
}

/// The end of the queue at which a request is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Head,
    Tail,
}

thread_local! {
    /// The queues that this thread delivers from.
    static DELIVERING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Appends a request to the queue and delivers the requests that the driver may have.
pub(crate) fn insert(
    queue: &Ref<QueueBody>,
    request: &Ref<RequestBody>,
) -> Result<(), InsertError> {
    insert_at(queue, request, End::Tail)
}

/// Inserts a request and delivers the requests that the driver may have. If the queue refuses it, its owner
/// does not change.
pub(super) fn insert_at(
    queue: &Ref<QueueBody>,
    request: &Ref<RequestBody>,
    end: End,
) -> Result<(), InsertError> {
    put(queue, request, end)?;
    deliver(queue);
    Ok(())
}

/// Inserts a request. If the queue refuses it, its owner does not change.
fn put(queue: &Ref<QueueBody>, request: &Ref<RequestBody>, end: End) -> Result<(), InsertError> {
    let before = request.state.lock().place.clone();
    request.state.lock().place = Place::Waiting(queue.object().clone());
    let inserted = try_insert(&mut queue.state.lock(), request, end);
    match inserted {
        Ok(was_empty) => {
            if was_empty {
                notification::notify_ready(queue);
            }
            Ok(())
        }
        Err(refusal) => {
            request.state.lock().place = before;
            Err(refusal)
        }
    }
}

fn try_insert(
    state: &mut QueueState,
    request: &Ref<RequestBody>,
    end: End,
) -> Result<bool, InsertError> {
    // The flag is set before the queue is searched: one of the two sees the other.
    if request.irp().is_cancelled() {
        return Err(InsertError::Cancelled);
    }
    if !state.accepts && end == End::Tail {
        return Err(InsertError::NotAccepting);
    }
    let was_empty = state.waiting.is_empty();
    match end {
        End::Head => state.waiting.push_front(request.clone()),
        End::Tail => state.waiting.push_back(request.clone()),
    }
    Ok(was_empty)
}

/// Delivers requests to the driver until the queue's limit is reached, on this thread if possible. Within a
/// callback of the queue they wait for its return, so that callbacks which make room do not nest.
pub(super) fn deliver(queue: &Ref<QueueBody>) {
    let handle = queue.value();
    if DELIVERING.with_borrow(|queues| queues.contains(&handle)) {
        return notification::call_if_reached(queue);
    }
    deliver_now(queue);
}

/// Delivers a request that has just arrived, also within a callback of the queue: the callback may wait for
/// it. One in reserve may arrive because another one is completed, and a callback under the queue's lock lets
/// no other one run: then it waits as in [`deliver`].
fn deliver_arrived(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) {
    if request.is_reserved() || queue.lock().is_some_and(|lock| lock.is_mine()) {
        deliver(queue);
    } else {
        deliver_now(queue);
    }
}

fn deliver_now(queue: &Ref<QueueBody>) {
    if !has_next(queue) {
        return notification::call_if_reached(queue);
    }
    if notification::must_defer(queue) {
        let queue = queue.clone();
        system_work::queue("queue", move || deliver(&queue));
        return;
    }
    DELIVERING.with_borrow_mut(|queues| queues.push(queue.value()));
    while let Some(request) = next(queue) {
        present(queue, &request);
    }
    DELIVERING.with_borrow_mut(Vec::pop);
    notification::call_if_reached(queue);
}

fn can_deliver(queue: &QueueBody, state: &QueueState) -> bool {
    let room = match queue.dispatch {
        Dispatch::Sequential => state.owned.is_empty(),
        Dispatch::Parallel { limit } => state.owned.len() < limit as usize,
        Dispatch::Manual => false,
    };
    room && state.delivers && state.powered && !state.waiting.is_empty()
}

fn has_next(queue: &QueueBody) -> bool {
    can_deliver(queue, &queue.state.lock())
}

fn next(queue: &Ref<QueueBody>) -> Option<Ref<RequestBody>> {
    let mut state = queue.state.lock();
    if !can_deliver(queue, &state) {
        return None;
    }
    let request = state.waiting.pop_front()?;
    state.owned.insert(request.value(), request.clone());
    state.running += 1;
    Some(request)
}

fn present(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) {
    request.set_place(Place::Driver(Some(queue.object().clone())));
    let known = callback_lock::run(queue.lock(), || call_io(queue, request));
    if !known {
        finish(request, NtStatus::INVALID_DEVICE_REQUEST, 0);
    }
    let mut state = queue.state.lock();
    state.running -= 1;
    if !known {
        state.owned.remove(&request.value());
    }
    drop(state);
    queue.changed.notify_all();
}

/// Calls the queue's callback for this type of request. Whether there is one.
fn call_io(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) -> bool {
    let config = &queue.config;
    let (this, that) = (queue.handle(), request.handle());
    let irp = request.irp();
    let asked = irp.request();
    match asked {
        nt_io::Request::DeviceControl {
            code, is_internal, ..
        } if config.control(is_internal).is_some() => {
            let Some(function) = config.control(is_internal) else {
                return false;
            };
            let name = if is_internal {
                "EvtIoInternalDeviceControl"
            } else {
                "EvtIoDeviceControl"
            };
            let (output, input) = (asked.output_length(), asked.input_length());
            // SAFETY: the driver gave this function for exactly this call.
            give(queue, &irp, name, function as usize, || unsafe {
                function(this, that, output, input, code);
            });
        }
        nt_io::Request::Read { length } if config.read.is_some() => {
            let Some(function) = config.read else {
                return false;
            };
            // SAFETY: the driver gave this function for exactly this call.
            give(queue, &irp, "EvtIoRead", function as usize, || unsafe {
                function(this, that, length);
            });
        }
        nt_io::Request::Write { length } if config.write.is_some() => {
            let Some(function) = config.write else {
                return false;
            };
            // SAFETY: the driver gave this function for exactly this call.
            give(queue, &irp, "EvtIoWrite", function as usize, || unsafe {
                function(this, that, length);
            });
        }
        _ => {
            let Some(function) = config.default else {
                return false;
            };
            // SAFETY: the driver gave this function for exactly this call.
            give(queue, &irp, "EvtIoDefault", function as usize, || unsafe {
                function(this, that);
            });
        }
    }
    true
}

/// Delivers a request through the callback `name`, which is at `address`.
fn give(
    queue: &Ref<QueueBody>,
    irp: &Irp,
    name: &'static str,
    address: usize,
    function: impl FnOnce(),
) {
    irp.given_to(name, address);
    callback::run(name, queue.value(), function);
}

/// Removes a request that the driver no longer owns, and delivers the next one.
pub(crate) fn released(queue: &Ref<QueueBody>, request: usize) {
    let mut state = queue.state.lock();
    state.acknowledged.retain(|other| *other != request);
    let request = state.owned.remove(&request);
    drop(state);
    drop(request);
    queue.changed.notify_all();
    deliver(queue);
}

/// Takes a cancelled request out of the queue and ends it. Whether it was there.
pub(crate) fn cancel_waiting(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) -> bool {
    let mut state = queue.state.lock();
    let place = state
        .waiting
        .iter()
        .position(|other| other.value() == request.value());
    let found = place.and_then(|place| state.waiting.remove(place));
    drop(state);
    let Some(request) = found else {
        return false;
    };
    end_cancelled(queue, &request);
    notification::call_if_reached(queue);
    true
}

const CANCELED_ON_QUEUE: &str = "EvtIoCanceledOnQueue";

/// Ends a request that was taken out of the queue because it is cancelled.
pub(super) fn end_cancelled(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) {
    let function = queue.config.canceled_on_queue;
    match function.filter(|_| request.was_presented()) {
        Some(function) => {
            let owner = Some(queue.object().clone());
            let mut state = queue.state.lock();
            state.owned.insert(request.value(), request.clone());
            drop(state);
            request.set_place(Place::Driver(owner));
            request.irp().given_to(CANCELED_ON_QUEUE, function as usize);
            let (this, that) = (queue.handle(), request.handle());
            notification::call(queue, CANCELED_ON_QUEUE, move || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(this, that) }
            });
        }
        None => finish(request, NtStatus::CANCELLED, 0),
    }
}

/// Inserts a request into a queue, or completes it if the queue refuses it.
pub(crate) fn enter(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) {
    if !enter_if_accepted(queue, request) {
        finish(request, NtStatus::INVALID_DEVICE_STATE, 0);
    }
}

/// As [`enter`], but a queue that accepts no requests leaves it alone, and the result is false.
pub(crate) fn enter_if_accepted(queue: &Ref<QueueBody>, request: &Ref<RequestBody>) -> bool {
    match put(queue, request, End::Tail) {
        Ok(()) => deliver_arrived(queue, request),
        Err(InsertError::NotAccepting) => return false,
        Err(InsertError::Cancelled) => finish(request, NtStatus::CANCELLED, 0),
    }
    true
}
