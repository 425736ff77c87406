//! Requests that the driver takes, looks for, and gives to other queues.

use std::sync::Arc;

use nt_types::status::NtStatus;

use super::super::call::Call;
use super::super::file::File;
use super::super::functions::functions;
use super::super::handle::{Any, Handle, Kind};
use super::super::object::Ref;
use super::super::pointer::Out;
use super::super::request::{Parameters, Place, Request};
use super::super::status;
use super::super::violation::Violation;
use super::deliver::{self, DriverError, End};
use super::states::StateCallback;
use super::{Dispatch, Queue, State};

functions! {
    DISPATCH WdfIoQueueRetrieveNextRequest = retrieve_next(
        queue: Handle<Queue>, request: Out<Handle<Request>>) -> NtStatus;
    DISPATCH WdfIoQueueRetrieveRequestByFileObject = retrieve_by_file(
        queue: Handle<Queue>, file: Handle<File>, request: Out<Handle<Request>>) -> NtStatus;
    DISPATCH WdfIoQueueFindRequest = find(
        queue: Handle<Queue>, after: Handle<Any>, file: Handle<File>,
        parameters: Out<Parameters>, request: Out<Handle<Request>>) -> NtStatus;
    DISPATCH WdfIoQueueRetrieveFoundRequest = retrieve_found(
        queue: Handle<Queue>, found: Handle<Any>, request: Out<Handle<Request>>) -> NtStatus;
    DISPATCH WdfIoQueueReadyNotify = ready_notify(
        queue: Handle<Queue>, callback: Option<StateCallback>, context: usize) -> NtStatus;
    DISPATCH WdfRequestForwardToIoQueue = forward(
        request: Handle<Request>, queue: Handle<Queue>) -> NtStatus;
    DISPATCH WdfRequestRequeue = requeue(request: Handle<Request>) -> NtStatus;
}

/// Makes the first waiting request that fits the driver's. If there is none, `absent` says so.
fn take(
    call: &Call,
    queue: &Ref<Queue>,
    absent: NtStatus,
    fits: impl Fn(&Ref<Request>) -> bool,
) -> Result<Ref<Request>, NtStatus> {
    if let Some(status) = call.fails() {
        return Err(status);
    }
    if matches!(queue.dispatch, Dispatch::Parallel { .. }) {
        return Err(NtStatus::INVALID_DEVICE_STATE);
    }
    let mut state = queue.state.lock();
    if !state.delivers || !state.powered {
        return Err(status::WDF_PAUSED);
    }
    // One that is being cancelled is left to that.
    let place = state
        .waiting
        .iter()
        .position(|request| fits(request) && !request.irp().is_cancelled());
    let request = place.and_then(|place| own(&mut state, place));
    drop(state);
    let request = request.ok_or(absent)?;
    request.set_place(Place::Driver(Some(queue.clone())));
    request.irp().taken_by(call.function);
    Ok(request)
}

fn own(state: &mut State, place: usize) -> Option<Ref<Request>> {
    let request = state.waiting.remove(place)?;
    state.owned.insert(request.value(), request.clone());
    Some(request)
}

fn give(out: Out<Handle<Request>>, taken: Result<Ref<Request>, NtStatus>) -> NtStatus {
    match taken {
        Ok(request) => {
            out.set(request.handle());
            NtStatus::SUCCESS
        }
        Err(status) => {
            out.set(Handle::NULL);
            status
        }
    }
}

fn retrieve_next(call: &Call, queue: Handle<Queue>, out: Out<Handle<Request>>) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let out = out.required(call, "OutRequest");
    give(out, take(call, &queue, status::NO_MORE_ENTRIES, |_| true))
}

fn retrieve_by_file(
    call: &Call,
    queue: Handle<Queue>,
    file: Handle<File>,
    out: Out<Handle<Request>>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let file = call.object(file, "FileObject");
    let out = out.required(call, "OutRequest");
    let taken = take(call, &queue, status::NO_MORE_ENTRIES, |request| {
        came_through(request, &file)
    });
    give(out, taken)
}

fn find(
    call: &Call,
    queue: Handle<Queue>,
    after: Handle<Any>,
    file: Handle<File>,
    parameters: Out<Parameters>,
    out: Out<Handle<Request>>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let out = out.required(call, "OutRequest");
    let file = call.optional_object(file, "FileObject");
    if let Some(status) = call.fails() {
        return give(out, Err(status));
    }
    if queue.dispatch != Dispatch::Manual {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let given = parameters.as_in().optional();
    if given.is_some_and(|given| !given.has_right_size()) {
        return status::INVALID_PARAMETER_4;
    }
    let after = (after.0 != 0).then(|| found_request(call, after));
    let state = queue.state.lock();
    let start = match &after {
        None => 0,
        Some(after) => match position(&state, after.value()) {
            Some(place) => place + 1,
            None => return NtStatus::NOT_FOUND,
        },
    };
    let fits = |request: &&Ref<Request>| {
        let of_file = file.as_ref().is_none_or(|file| came_through(request, file));
        of_file && !request.irp().is_cancelled()
    };
    let request = state.waiting.iter().skip(start).find(fits).cloned();
    // The one lock within another: outside, a cancellation could have destroyed the request.
    if let Some(request) = &request {
        request.object().reference();
    }
    drop(state);
    if let Some(request) = &request {
        parameters.set(Parameters::of(request));
    }
    give(out, request.ok_or(status::NO_MORE_ENTRIES))
}

fn came_through(request: &Ref<Request>, file: &Ref<File>) -> bool {
    Arc::ptr_eq(request.irp().file(), file.io())
}

/// A request that `WdfIoQueueFindRequest` gave: a reference is enough.
fn found_request(call: &Call, handle: Handle<Any>) -> Ref<Request> {
    let object = call.remains(handle, "FoundRequest");
    if object.kind() != Kind::Request {
        call.violation(
            Violation::InvalidHandle,
            handle.0,
            &format!(
                "FoundRequest has to be a WDFREQUEST; this is a {}",
                object.kind().name()
            ),
        );
    }
    Ref::new(object)
}

fn position(state: &State, request: usize) -> Option<usize> {
    let mut waiting = state.waiting.iter();
    waiting.position(|other| other.value() == request)
}

fn retrieve_found(
    call: &Call,
    queue: Handle<Queue>,
    found: Handle<Any>,
    out: Out<Handle<Request>>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let found = found_request(call, found);
    let out = out.required(call, "OutRequest");
    let taken = take(call, &queue, NtStatus::NOT_FOUND, |request| {
        request.value() == found.value()
    });
    give(out, taken)
}

fn ready_notify(
    call: &Call,
    queue: Handle<Queue>,
    callback: Option<StateCallback>,
    context: usize,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    if queue.dispatch != Dispatch::Manual {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let mut state = queue.state.lock();
    if state.ready.is_some() == callback.is_some() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    state.ready = callback.map(|callback| (callback, context));
    NtStatus::SUCCESS
}

fn require_unmarked(call: &Call, request: &Ref<Request>) {
    let marked = request.state.lock().marked.is_some();
    if marked {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is marked cancelable: unmark it first",
        );
    }
}

fn forward(call: &Call, request: Handle<Request>, queue: Handle<Queue>) -> NtStatus {
    let request = call.owned_request(request);
    let destination = call.object(queue, "DestinationQueue");
    require_unmarked(call, &request);
    let source = request.queue();
    let same = source
        .as_ref()
        .is_some_and(|queue| queue.value() == destination.value());
    if same || !Arc::ptr_eq(destination.device.object(), request.device().object()) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    match deliver::insert(&destination, &request) {
        Ok(()) => {}
        Err(DriverError::NotAccepting) => return status::WDF_BUSY,
        Err(DriverError::Cancelled) => deliver::end_cancelled(&destination, &request),
    }
    if let Some(source) = source {
        deliver::released(&source, request.value());
    }
    NtStatus::SUCCESS
}

fn requeue(call: &Call, request: Handle<Request>) -> NtStatus {
    let request = call.owned_request(request);
    require_unmarked(call, &request);
    let Some(queue) = request.queue() else {
        return NtStatus::INVALID_DEVICE_REQUEST;
    };
    if queue.dispatch != Dispatch::Manual {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    queue.state.lock().owned.remove(&request.value());
    let purging = queue.is_purging();
    if purging || deliver::insert_at(&queue, &request, End::Head).is_err() {
        deliver::end_cancelled(&queue, &request);
    }
    queue.changed.notify_all();
    NtStatus::SUCCESS
}
