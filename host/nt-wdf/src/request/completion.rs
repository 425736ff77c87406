//! The end of a request, whichever side completes it.

use std::sync::Arc;

use nt_io::Irp;
use nt_kernel::resource_tracker;
use nt_types::status::NtStatus;

use super::{Place, RequestBody};
use crate::file;
use crate::handle::Kind;
use crate::memory::MemoryBody;
use crate::object::{Disposed, Ref, deletion};
use crate::violation::Violation;

/// Completes a request that the framework owns. A driver that never received the request gets no
/// cleanup callback for it.
pub(crate) fn finish(request: &Ref<RequestBody>, status: NtStatus, information: u64) {
    if !request.was_presented() && !request.is_reserved() {
        request.object().silence();
    }
    request.set_place(Place::Completed);
    end(request, status, information);
    request.over();
}

/// Gives a request, which the framework owns, to the driver of `lower`: nothing of it is left here.
pub(crate) fn forward(request: &Ref<RequestBody>, lower: &Arc<nt_io::Device>) {
    if !request.was_presented() && !request.is_reserved() {
        request.object().silence();
    }
    request.set_place(Place::Completed);
    end_by(request, |irp| irp.forward_to(lower));
    request.over();
}

/// Completes a request with this outcome. One of a create that fails takes the file object with it.
pub(crate) fn end(request: &Ref<RequestBody>, status: NtStatus, information: u64) {
    end_by(request, |irp| {
        if let Some(file) = irp.file()
            && irp.request() == nt_io::Request::Create
            && !status.is_success()
        {
            file::create_failed(request.device(), file);
        }
        irp.complete(status, information);
    });
}

/// The order of the end: cleanup callbacks while the buffers are there, then the memory objects,
/// the caller's answer, and last the object itself.
fn end_by(request: &Ref<RequestBody>, give_up: impl FnOnce(&Arc<Irp>)) {
    if request.is_reserved() {
        for memory in take_memory(request) {
            deletion::delete(memory.object());
        }
        // A reserved request is not deleted: only its memory objects are.
        return give_up(&request.irp());
    }
    let disposed = deletion::dispose(request.object());
    let disposed = disposed.map(|disposed| without_memory(request, disposed));
    give_up(&request.irp());
    if request.object().extra_references() > 0 {
        let detail = "completed, but there are references; the last one was taken here".to_owned();
        let stack = request.object().referenced();
        resource_tracker::record_at(Kind::Request.name(), request.value(), detail, stack);
    }
    if let Some(disposed) = disposed {
        disposed.release();
    }
}

fn without_memory(request: &Ref<RequestBody>, mut disposed: Disposed) -> Disposed {
    take_memory(request);
    disposed.release_children();
    disposed
}

/// Takes the request's memory objects; there must be no references to them any more.
fn take_memory(request: &RequestBody) -> Vec<Ref<MemoryBody>> {
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
