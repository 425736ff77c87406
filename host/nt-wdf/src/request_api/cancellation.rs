//! The functions with which a driver follows the cancellation of a request.

use nt_io::system_work;
use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::WdfRequest;
use crate::object::Ref;
use crate::queue;
use crate::request::{CancelRoutine, RequestBody};
use crate::violation::Violation;

functions! {
    DISPATCH WdfRequestMarkCancelable = mark(
        request: WdfRequest, routine: Option<CancelRoutine>);
    DISPATCH WdfRequestUnmarkCancelable = unmark(request: WdfRequest) -> NtStatus;
    DISPATCH WdfRequestIsCanceled = is_canceled(request: WdfRequest) -> u8;
    DISPATCH WdfRequestMarkCancelableEx = mark_ex(
        request: WdfRequest, routine: Option<CancelRoutine>) -> NtStatus;
}

/// Marks the request.
///
/// # Errors
///
/// `STATUS_CANCELLED` if the request has been cancelled, `STATUS_INVALID_DEVICE_REQUEST` if it is marked
/// already and Windows goes on.
fn try_mark(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    routine: CancelRoutine,
) -> Result<(), NtStatus> {
    const RULE: Rule = Rule::named("cancel::a_request_is_marked_twice");
    let is_purged = queue::of(request).is_some_and(|queue| queue.is_purging());
    let mut state = request.state.lock();
    if state.marked.is_some() {
        drop(state);
        let words = "the request is marked cancelable already";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    if request.irp().is_cancelled() || is_purged {
        return Err(NtStatus::CANCELLED);
    }
    state.marked = Some(routine);
    Ok(())
}

fn mark(call: &FrameworkCall, request: WdfRequest, routine: Option<CancelRoutine>) {
    let request = call.owned_request(request);
    let routine = routine.unwrap_or_else(|| call.null("EvtRequestCancel"));
    let Some(queue) = queue::of(&request) else {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "a request that is not from a queue cannot be marked cancelable",
        );
    };
    if try_mark(call, &request, routine) == Err(NtStatus::CANCELLED) {
        queue::call_routine(&queue, &request, routine);
    }
}

fn mark_ex(call: &FrameworkCall, request: WdfRequest, routine: Option<CancelRoutine>) -> NtStatus {
    let request = call.owned_request(request);
    let routine = routine.unwrap_or_else(|| call.null("EvtRequestCancel"));
    if queue::of(&request).is_none() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let marked = try_mark(call, &request, routine);
    marked.err().unwrap_or(NtStatus::SUCCESS)
}

/// `STATUS_CANCELLED` must be true, so this cancels the request as its caller would.
fn cancel_now(request: &Ref<RequestBody>) {
    let routine = request.state.lock().marked.take();
    let _ = nt_io::cancel(&request.irp());
    if let (Some(routine), Some(queue)) = (routine, queue::of(request)) {
        let request = request.clone();
        system_work::queue("cancel", move || {
            queue::call_routine(&queue, &request, routine);
        });
    }
}

fn unmark(call: &FrameworkCall, request: WdfRequest) -> NtStatus {
    let request = call.owned_request(request);
    let fails = call.fails();
    if fails == Some(NtStatus::CANCELLED) {
        cancel_now(&request);
    }
    if request.state.lock().marked.take().is_some() {
        // Any other failure means that the request is not marked, and from now on it is not.
        return fails.unwrap_or(NtStatus::SUCCESS);
    }
    let is_purged = queue::of(&request).is_some_and(|queue| queue.is_purging());
    if !request.irp().is_cancelled() && !is_purged {
        const RULE: Rule = Rule::named("cancel::a_request_that_is_not_marked_is_unmarked");
        let words = "the request is not marked cancelable";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    NtStatus::CANCELLED
}

fn is_canceled(call: &FrameworkCall, request: WdfRequest) -> u8 {
    let (request, is_marked) = call.owned_request_with(request, |state| state.marked.is_some());
    if is_marked {
        const RULE: Rule = Rule::named("cancel::a_marked_request_is_asked_for_cancellation");
        let words = "the request is marked cancelable: EvtRequestCancel reports its cancellation";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
        return 0;
    }
    request.with_irp(|irp| irp.is_cancelled()).into()
}
