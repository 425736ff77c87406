//! The one completion of a request.

use nt_types::status::NtStatus;

use super::super::call::Call;
use super::super::deletion::{self, Disposed};
use super::super::functions::functions;
use super::super::handle::{Handle, Kind};
use super::super::memory::Memory;
use super::super::object::Ref;
use super::super::violation::Violation;
use super::super::{file, queue, status};
use super::{Place, Request};
use crate::io;
use crate::kernel::{irql, locks, resource_tracker};

functions! {
    DISPATCH WdfRequestGetStatus = get_status(request: Handle<Request>) -> NtStatus;
    DISPATCH WdfRequestComplete = complete(request: Handle<Request>, status: NtStatus);
    DISPATCH WdfRequestCompleteWithPriorityBoost = complete_with_boost(
        request: Handle<Request>, status: NtStatus, boost: i8);
    DISPATCH WdfRequestCompleteWithInformation = complete_with_information(
        request: Handle<Request>, status: NtStatus, information: u64);
    DISPATCH WdfRequestSetInformation = set_information(
        request: Handle<Request>, information: u64);
    DISPATCH WdfRequestGetInformation = get_information(request: Handle<Request>) -> u64;
}

/// The sub-code of a request's fatal error: `Information` does not fit the caller's buffer.
const INFORMATION_LENGTH_MISMATCH: usize = 4;

fn complete(call: &Call, request: Handle<Request>, status: NtStatus) {
    let request = call.owned_request(request);
    let information = request.state.lock().information;
    complete_owned(call, &request, status, information);
}

fn complete_with_boost(call: &Call, request: Handle<Request>, status: NtStatus, _boost: i8) {
    complete(call, request, status);
}

fn complete_with_information(
    call: &Call,
    request: Handle<Request>,
    status: NtStatus,
    information: u64,
) {
    let request = call.owned_request(request);
    complete_owned(call, &request, status, information);
}

fn set_information(call: &Call, request: Handle<Request>, information: u64) {
    let request = call.owned_request(request);
    request.state.lock().information = information;
}

/// What the IRP's status block says. A request that is not complete has none yet but success, with
/// which the I/O manager begins.
fn get_status(call: &Call, request: Handle<Request>) -> NtStatus {
    call.object(request, "Request");
    NtStatus::SUCCESS
}

fn get_information(call: &Call, request: Handle<Request>) -> u64 {
    call.owned_request(request).state.lock().information
}

fn complete_owned(call: &Call, request: &Ref<Request>, status: NtStatus, information: u64) {
    check(call, request, status, information);
    let queue = take(call, request);
    end(request, status::for_callers(status), information);
    if let Some(queue) = queue {
        queue::released(&queue, request.value());
    }
    request.over();
}

/// What the framework's verifier looks at.
fn check(call: &Call, request: &Ref<Request>, status: NtStatus, information: u64) {
    if status == NtStatus::PENDING {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "STATUS_PENDING is not an outcome",
        );
    }
    if let Some(held) = locks::latest(|held| held.kind.is_spin()) {
        irql::stop_for_rule(&format!(
            "{}: a request is completed under {held}",
            call.function
        ));
    }
    let asked = request.irp().request();
    let room = match asked {
        // Without room the copy is switched off, and Information is the driver's own affair.
        io::Request::Create
        | io::Request::DeviceControl {
            output_length: 0, ..
        } => return,
        io::Request::Write { length } => length,
        io::Request::Read { .. } | io::Request::DeviceControl { .. } => asked.output_length(),
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

/// Takes the request out of the driver's hands, for ever.
fn take(call: &Call, request: &Ref<Request>) -> Option<Ref<queue::Queue>> {
    let mut state = request.state.lock();
    let marked = state.marked.is_some();
    let place = std::mem::replace(&mut state.place, Place::Completed);
    drop(state);
    if marked {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is still marked cancelable: unmark it first",
        );
    }
    match place {
        Place::Driver(queue) => queue,
        Place::Arriving | Place::Waiting(_) | Place::Completed => call.violation(
            Violation::InvalidHandle,
            request.value(),
            "the request has been completed by another thread at this moment",
        ),
    }
}

/// Completes a request for the framework itself. A driver that never saw it is not told.
pub(in super::super) fn finish(request: &Ref<Request>, status: NtStatus, information: u64) {
    if !request.was_presented() && !request.is_reserved() {
        request.object().silence();
    }
    request.set_place(Place::Completed);
    end(request, status, information);
    request.over();
}

/// The order of the end: cleanup callbacks while the buffers are there, then the memory objects,
/// the caller's answer, and last the object itself.
fn end(request: &Ref<Request>, status: NtStatus, information: u64) {
    if request.is_reserved() {
        return end_reserved(request, status, information);
    }
    let disposed = deletion::dispose(request.object());
    let disposed = disposed.map(|disposed| without_memory(request, disposed));
    if request.irp().request() == io::Request::Create && !status.is_success() {
        file::create_failed(request.irp().file());
    }
    request.irp().complete(status, information);
    if request.object().extra_references() > 0 {
        let detail = "completed, but there are references; the last one was taken here".to_owned();
        let stack = request.object().referenced();
        resource_tracker::record_at(Kind::Request.name(), request.value(), detail, stack);
    }
    if let Some(disposed) = disposed {
        disposed.release();
    }
}

fn without_memory(request: &Ref<Request>, mut disposed: Disposed) -> Disposed {
    take_memory(request);
    disposed.release_children();
    disposed
}

/// A request in reserve lives on: only its memory objects go.
fn end_reserved(request: &Ref<Request>, status: NtStatus, information: u64) {
    for memory in take_memory(request) {
        deletion::delete(memory.object());
    }
    request.irp().complete(status, information);
}

/// The request's memory objects, which nobody must hold any more.
fn take_memory(request: &Request) -> Vec<Ref<Memory>> {
    let memory = std::mem::take(&mut request.state.lock().memory);
    let memory: Vec<_> = memory.into_iter().flatten().collect();
    for memory in &memory {
        if memory.object().extra_references() > 0 {
            memory.object().violation(
                Violation::VerifierFatalError,
                "it belongs to a request that is being completed, and there are references to it",
            );
        }
    }
    memory
}
