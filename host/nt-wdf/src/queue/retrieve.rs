//! Retrieving, finding and forwarding requests.

use std::sync::Arc;

use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;

use super::delivery::{self, End, InsertError};
use super::notification::StateCallback;
use super::{Dispatch, QueueBody, QueueState};
use crate::call::FrameworkCall;
use crate::file::FileBody;
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfFileObject, WdfObject, WdfQueue, WdfRequest};
use crate::object::Ref;
use crate::pointer::Out;
use crate::request::{Place, RequestBody, RequestParameters};
use crate::status;
use crate::violation::Violation;

functions! {
    DISPATCH WdfIoQueueRetrieveNextRequest = retrieve_next(
        queue: WdfQueue, request: Out<WdfRequest>) -> NtStatus;
    DISPATCH WdfIoQueueRetrieveRequestByFileObject = retrieve_by_file(
        queue: WdfQueue, file: WdfFileObject, request: Out<WdfRequest>) -> NtStatus;
    DISPATCH WdfIoQueueFindRequest = find(
        queue: WdfQueue, after: WdfObject, file: WdfFileObject,
        parameters: Out<RequestParameters>, request: Out<WdfRequest>) -> NtStatus;
    DISPATCH WdfIoQueueRetrieveFoundRequest = retrieve_found(
        queue: WdfQueue, found: WdfObject, request: Out<WdfRequest>) -> NtStatus;
    DISPATCH WdfIoQueueReadyNotify = ready_notify(
        queue: WdfQueue, callback: Option<StateCallback>, context: usize) -> NtStatus;
    DISPATCH WdfRequestForwardToIoQueue = forward(
        request: WdfRequest, queue: WdfQueue) -> NtStatus;
    DISPATCH WdfRequestRequeue = requeue(request: WdfRequest) -> NtStatus;
}

/// Gives the driver the first waiting request for which `fits` holds, or fails with `absent`.
fn take(
    call: &FrameworkCall,
    queue: &Ref<QueueBody>,
    absent: NtStatus,
    fits: impl Fn(&Ref<RequestBody>) -> bool,
) -> Result<Ref<RequestBody>, NtStatus> {
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
    // A request that is being cancelled is left to its cancellation.
    let place = state
        .waiting
        .iter()
        .position(|request| fits(request) && !request.irp().is_cancelled());
    let request = place.and_then(|place| give_to_driver(&mut state, place));
    drop(state);
    let request = request.ok_or(absent)?;
    request.set_place(Place::Driver(Some(queue.object().clone())));
    request.irp().taken_by(call.function.name);
    Ok(request)
}

fn give_to_driver(state: &mut QueueState, place: usize) -> Option<Ref<RequestBody>> {
    let request = state.waiting.remove(place)?;
    state.owned.insert(request.value(), request.clone());
    Some(request)
}

fn set_output(out: Out<WdfRequest>, taken: Result<Ref<RequestBody>, NtStatus>) -> NtStatus {
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

fn retrieve_next(call: &FrameworkCall, queue: WdfQueue, out: Out<WdfRequest>) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let out = out.required(call, "OutRequest");
    set_output(out, take(call, &queue, status::NO_MORE_ENTRIES, |_| true))
}

fn retrieve_by_file(
    call: &FrameworkCall,
    queue: WdfQueue,
    file: WdfFileObject,
    out: Out<WdfRequest>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let file = call.object(file, "FileObject");
    let out = out.required(call, "OutRequest");
    let taken = take(call, &queue, status::NO_MORE_ENTRIES, |request| {
        came_through(request, &file)
    });
    set_output(out, taken)
}

fn find(
    call: &FrameworkCall,
    queue: WdfQueue,
    after: WdfObject,
    file: WdfFileObject,
    parameters: Out<RequestParameters>,
    out: Out<WdfRequest>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let out = out.required(call, "OutRequest");
    let file = call.optional_object(file, "FileObject");
    if let Some(status) = call.fails() {
        return set_output(out, Err(status));
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
    let fits = |request: &&Ref<RequestBody>| {
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
        parameters.set(RequestParameters::of(request));
    }
    set_output(out, request.ok_or(status::NO_MORE_ENTRIES))
}

fn came_through(request: &Ref<RequestBody>, file: &Ref<FileBody>) -> bool {
    let own = request.irp().file().cloned();
    own.is_some_and(|own| Arc::ptr_eq(&own, file.io()))
}

/// A request that `WdfIoQueueFindRequest` gave: a reference is enough.
fn found_request(call: &FrameworkCall, handle: WdfObject) -> Ref<RequestBody> {
    let object = call.referenced_object(handle, "FoundRequest");
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

fn position(state: &QueueState, request: usize) -> Option<usize> {
    let mut waiting = state.waiting.iter();
    waiting.position(|other| other.value() == request)
}

fn retrieve_found(
    call: &FrameworkCall,
    queue: WdfQueue,
    found: WdfObject,
    out: Out<WdfRequest>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    let found = found_request(call, found);
    let out = out.required(call, "OutRequest");
    let taken = take(call, &queue, NtStatus::NOT_FOUND, |request| {
        request.value() == found.value()
    });
    set_output(out, taken)
}

fn ready_notify(
    call: &FrameworkCall,
    queue: WdfQueue,
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

/// Whether the request is marked cancelable, which it must not be.
fn is_marked(call: &FrameworkCall, request: &Ref<RequestBody>) -> bool {
    const RULE: Rule = Rule::named("cancel::a_marked_request_is_forwarded");
    let marked = request.state.lock().marked.is_some();
    if marked {
        let words = "the request is marked cancelable: unmark it first";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
    }
    marked
}

fn forward(call: &FrameworkCall, request: WdfRequest, queue: WdfQueue) -> NtStatus {
    let request = call.owned_request(request);
    let destination = call.object(queue, "DestinationQueue");
    if is_marked(call, &request) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let source = super::of(&request);
    let same = source
        .as_ref()
        .is_some_and(|queue| queue.value() == destination.value());
    if same || !Arc::ptr_eq(destination.device.object(), request.device().object()) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    match delivery::insert(&destination, &request) {
        Ok(()) => {}
        Err(InsertError::NotAccepting) => return status::WDF_BUSY,
        Err(InsertError::Cancelled) => delivery::end_cancelled(&destination, &request),
    }
    if let Some(source) = source {
        delivery::released(&source, request.value());
    }
    NtStatus::SUCCESS
}

fn requeue(call: &FrameworkCall, request: WdfRequest) -> NtStatus {
    let request = call.owned_request(request);
    if is_marked(call, &request) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let Some(queue) = super::of(&request) else {
        return NtStatus::INVALID_DEVICE_REQUEST;
    };
    if queue.dispatch != Dispatch::Manual {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    queue.state.lock().owned.remove(&request.value());
    let purging = queue.is_purging();
    if purging || delivery::insert_at(&queue, &request, End::Head).is_err() {
        delivery::end_cancelled(&queue, &request);
    }
    queue.changed.notify_all();
    NtStatus::SUCCESS
}
