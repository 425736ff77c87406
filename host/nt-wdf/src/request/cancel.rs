//! Cancellation: what reaches a driver of its caller's change of mind.

use std::sync::Arc;

use nt_types::status::NtStatus;

use super::super::call::Call;
use super::super::functions::functions;
use super::super::handle::Handle;
use super::super::object::Ref;
use super::super::queue::{self, Queue};
use super::super::violation::Violation;
use super::{Place, Request};
use crate::io::{self, system_work};

functions! {
    DISPATCH WdfRequestMarkCancelable = mark(
        request: Handle<Request>, routine: Option<CancelRoutine>);
    DISPATCH WdfRequestUnmarkCancelable = unmark(request: Handle<Request>) -> NtStatus;
    DISPATCH WdfRequestIsCanceled = is_canceled(request: Handle<Request>) -> u8;
    DISPATCH WdfRequestMarkCancelableEx = mark_ex(
        request: Handle<Request>, routine: Option<CancelRoutine>) -> NtStatus;
}

/// `EvtRequestCancel`.
pub(crate) type CancelRoutine = unsafe extern "win64" fn(Handle<Request>);

/// Has the I/O manager tell the framework when the caller cancels the request.
pub(super) fn listen(request: &Ref<Request>) {
    let weak = Arc::downgrade(request.object());
    request.irp().on_cancel(Arc::new(move || {
        if let Some(object) = weak.upgrade() {
            cancelled(&Ref::new(object));
        }
    }));
}

/// The caller has cancelled the request; the IRP says so already.
fn cancelled(request: &Ref<Request>) {
    let place = request.state.lock().place.clone();
    let removed = match place {
        Place::Waiting(queue) => queue::cancel_waiting(&queue, request),
        Place::Arriving | Place::Driver(_) | Place::Completed => false,
    };
    // It may have been presented, and marked, at this moment.
    if !removed {
        cancel_marked(request);
    }
}

/// Calls `EvtRequestCancel` if the request is marked.
pub(in super::super) fn cancel_marked(request: &Ref<Request>) {
    let routine = request.state.lock().marked.take();
    if let (Some(routine), Some(queue)) = (routine, request.queue()) {
        call_routine(&queue, request, routine);
    }
}

fn call_routine(queue: &Ref<Queue>, request: &Ref<Request>, routine: CancelRoutine) {
    const NAME: &str = "EvtRequestCancel";
    request.irp().told_to(NAME, routine as usize);
    let request = request.handle();
    queue::call(queue, NAME, move || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { routine(request) }
    });
}

/// Marks the request, unless it has been cancelled: then the routine comes back.
fn try_mark(
    call: &Call,
    request: &Ref<Request>,
    routine: CancelRoutine,
) -> Result<(), CancelRoutine> {
    let is_purged = request.queue().is_some_and(|queue| queue.is_purging());
    let mut state = request.state.lock();
    if state.marked.is_some() {
        drop(state);
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is marked cancelable already",
        );
    }
    if request.irp().is_cancelled() || is_purged {
        return Err(routine);
    }
    state.marked = Some(routine);
    Ok(())
}

fn mark(call: &Call, request: Handle<Request>, routine: Option<CancelRoutine>) {
    let request = call.owned_request(request);
    let routine = routine.unwrap_or_else(|| call.null("EvtRequestCancel"));
    let Some(queue) = request.queue() else {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "a request that is not from a queue cannot be marked cancelable",
        );
    };
    if let Err(routine) = try_mark(call, &request, routine) {
        call_routine(&queue, &request, routine);
    }
}

fn mark_ex(call: &Call, request: Handle<Request>, routine: Option<CancelRoutine>) -> NtStatus {
    let request = call.owned_request(request);
    let routine = routine.unwrap_or_else(|| call.null("EvtRequestCancel"));
    if request.queue().is_none() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    match try_mark(call, &request, routine) {
        Ok(()) => NtStatus::SUCCESS,
        Err(_) => NtStatus::CANCELLED,
    }
}

/// `STATUS_CANCELLED` is a promise, so it is kept: the caller changes its mind at this moment.
fn cancel_now(request: &Ref<Request>) {
    let routine = request.state.lock().marked.take();
    let _ = io::cancel(&request.irp());
    if let (Some(routine), Some(queue)) = (routine, request.queue()) {
        let request = request.clone();
        system_work::queue("cancel", move || call_routine(&queue, &request, routine));
    }
}

fn unmark(call: &Call, request: Handle<Request>) -> NtStatus {
    let request = call.owned_request(request);
    let fails = call.fails();
    if fails == Some(NtStatus::CANCELLED) {
        cancel_now(&request);
    }
    if request.state.lock().marked.take().is_some() {
        // Any other failure says that the request is not marked, and it is not from now on.
        return fails.unwrap_or(NtStatus::SUCCESS);
    }
    let is_purged = request.queue().is_some_and(|queue| queue.is_purging());
    if !request.irp().is_cancelled() && !is_purged {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is not marked cancelable",
        );
    }
    NtStatus::CANCELLED
}

fn is_canceled(call: &Call, request: Handle<Request>) -> u8 {
    let request = call.owned_request(request);
    let marked = request.state.lock().marked.is_some();
    if marked {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is marked cancelable: EvtRequestCancel will tell",
        );
    }
    request.irp().is_cancelled().into()
}
