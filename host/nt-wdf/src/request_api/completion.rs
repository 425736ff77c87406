//! The one completion of a request.

use nt_kernel::irql;
use nt_kernel::locks::{self, LockKind};
use nt_kernel::on_windows::{self, Rule};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::WdfRequest;
use crate::object::Ref;
use crate::request::{Place, RequestBody, end};
use crate::violation::Violation;
use crate::{queue, status};

functions! {
    DISPATCH WdfRequestGetStatus = get_status(request: WdfRequest) -> NtStatus;
    DISPATCH WdfRequestComplete = complete(request: WdfRequest, status: NtStatus);
    DISPATCH WdfRequestCompleteWithPriorityBoost = complete_with_boost(
        request: WdfRequest, status: NtStatus, boost: i8);
    DISPATCH WdfRequestCompleteWithInformation = complete_with_information(
        request: WdfRequest, status: NtStatus, information: u64);
    DISPATCH WdfRequestSetInformation = set_information(
        request: WdfRequest, information: u64);
    DISPATCH WdfRequestGetInformation = get_information(request: WdfRequest) -> u64;
}

/// The sub-code of a request's fatal error: `Information` does not fit the caller's buffer.
const INFORMATION_LENGTH_MISMATCH: usize = 4;

fn complete(call: &FrameworkCall, request: WdfRequest, status: NtStatus) {
    if let Some(request) = call.request_to_complete(request) {
        let information = request.state.lock().information;
        complete_owned(call, &request, status, information);
    }
}

fn complete_with_boost(call: &FrameworkCall, request: WdfRequest, status: NtStatus, _boost: i8) {
    complete(call, request, status);
}

fn complete_with_information(
    call: &FrameworkCall,
    request: WdfRequest,
    status: NtStatus,
    information: u64,
) {
    if let Some(request) = call.request_to_complete(request) {
        complete_owned(call, &request, status, information);
    }
}

fn set_information(call: &FrameworkCall, request: WdfRequest, information: u64) {
    let request = call.owned_request(request);
    request.state.lock().information = information;
}

/// The status with which an I/O target has completed the request, or why it was not sent; before that
/// success, which the I/O manager starts with.
fn get_status(call: &FrameworkCall, request: WdfRequest) -> NtStatus {
    let request = call.object(request, "Request");
    let state = request.state.lock();
    state.sending.params.status
}

fn get_information(call: &FrameworkCall, request: WdfRequest) -> u64 {
    call.owned_request(request).state.lock().information
}

fn complete_owned(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    status: NtStatus,
    information: u64,
) {
    check(call, request, status, information);
    let queue = take(call, request);
    end(request, status::for_callers(status), information);
    if let Some(queue) = queue {
        queue::released(&queue, request.value());
    }
    request.over();
}

/// The checks of the framework's verifier.
fn check(call: &FrameworkCall, request: &Ref<RequestBody>, status: NtStatus, information: u64) {
    if status == NtStatus::PENDING {
        const RULE: Rule = Rule::named("requests::pending_is_no_outcome");
        let words = "STATUS_PENDING is not an outcome";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
    }
    if let Some(held) = locks::latest(|held| held.kind.is_spin()) {
        const KERNELS: Rule = Rule::named("locks::a_request_is_completed_under_a_spin_lock");
        const FRAMEWORKS: Rule =
            Rule::named("locks::a_request_is_completed_under_a_framework_spin_lock");
        let rule = match held.kind {
            LockKind::FrameworkSpin => FRAMEWORKS,
            _ => KERNELS,
        };
        let name = call.function.name;
        let words = format!("{name}: a request is completed under {held}");
        on_windows::broken(rule, irql::report_for_rule(words));
    }
    let asked = request.irp().request();
    let room = match asked {
        // Without a buffer the I/O manager copies nothing, and Information may have any value.
        nt_io::Request::Create
        | nt_io::Request::DeviceControl {
            output_length: 0, ..
        } => return,
        nt_io::Request::Write { length } => length,
        nt_io::Request::Read { .. } | nt_io::Request::DeviceControl { .. } => asked.output_length(),
    };
    if status.is_success() && information > room as u64 {
        call.violation(
            Violation::RequestFatalError,
            INFORMATION_LENGTH_MISMATCH,
            &format!(
                "{} is completed with success and Information {information}, but has room for \
                 {room} bytes",
                request.irp()
            ),
        );
    }
}

/// Ends the driver's ownership of the request.
pub(super) fn take(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
) -> Option<Ref<queue::QueueBody>> {
    let mut state = request.state.lock();
    let marked = state.marked.is_some();
    let place = std::mem::replace(&mut state.place, Place::Completed);
    drop(state);
    if marked {
        const RULE: Rule = Rule::named("cancel::a_marked_request_is_completed");
        let words = "the request is still marked cancelable: unmark it first";
        call.broken(RULE, Violation::VerifierFatalError, request.value(), words);
    }
    match place {
        Place::Driver(queue) => queue.map(Ref::new),
        Place::Arriving | Place::Waiting(_) | Place::Sent(_) | Place::Completed => call.violation(
            Violation::InvalidHandle,
            request.value(),
            "the request has been completed by another thread at this moment",
        ),
    }
}
