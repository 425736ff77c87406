//! A request's buffers as memory descriptor lists, and the caller's own buffers, locked.

use nt_types::status::NtStatus;

use super::buffers::{Direction, find};
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfMemory, WdfRequest};
use crate::memory::MemoryBody;
use crate::object::{Attributes, Object, ObjectPlan};
use crate::pointer::Out;
use crate::status;

functions! {
    DISPATCH WdfRequestRetrieveInputWdmMdl = retrieve_input(
        request: WdfRequest, mdl: Out<usize>) -> NtStatus;
    DISPATCH WdfRequestRetrieveOutputWdmMdl = retrieve_output(
        request: WdfRequest, mdl: Out<usize>) -> NtStatus;
    PASSIVE WdfRequestProbeAndLockUserBufferForRead = lock_for_read(
        request: WdfRequest, buffer: usize, length: usize, memory: Out<WdfMemory>) -> NtStatus;
    PASSIVE WdfRequestProbeAndLockUserBufferForWrite = lock_for_write(
        request: WdfRequest, buffer: usize, length: usize, memory: Out<WdfMemory>) -> NtStatus;
}

fn retrieve_input(call: &FrameworkCall, request: WdfRequest, mdl: Out<usize>) -> NtStatus {
    retrieve(call, request, Direction::Input, mdl)
}

fn retrieve_output(call: &FrameworkCall, request: WdfRequest, mdl: Out<usize>) -> NtStatus {
    retrieve(call, request, Direction::Output, mdl)
}

fn retrieve(
    call: &FrameworkCall,
    request: WdfRequest,
    direction: Direction,
    mdl: Out<usize>,
) -> NtStatus {
    let request = call.owned_request(request);
    let mdl = mdl.required(call, "Mdl");
    mdl.set(0);
    if let Some(status) = call.fails() {
        return status;
    }
    let found = find(&request, direction, 0);
    let found = found.and_then(|(address, length)| request.irp().mdl(address, length));
    status::from_result(found.map(|found| mdl.set(found)))
}

fn lock_for_read(
    call: &FrameworkCall,
    request: WdfRequest,
    buffer: usize,
    length: usize,
    memory: Out<WdfMemory>,
) -> NtStatus {
    lock(call, request, (buffer, length), false, memory)
}

fn lock_for_write(
    call: &FrameworkCall,
    request: WdfRequest,
    buffer: usize,
    length: usize,
    memory: Out<WdfMemory>,
) -> NtStatus {
    lock(call, request, (buffer, length), true, memory)
}

/// Makes a WDFMEMORY for the caller's buffer, which lasts as long as the request.
fn lock(
    call: &FrameworkCall,
    request: WdfRequest,
    (buffer, length): (usize, usize),
    for_write: bool,
    out: Out<WdfMemory>,
) -> NtStatus {
    let request = call.owned_request(request);
    if buffer == 0 {
        call.null("Buffer");
    }
    let out = out.required(call, "MemoryObject");
    if length == 0 {
        return status::INVALID_USER_BUFFER;
    }
    if !request.state.lock().in_caller_context {
        return status::ACCESS_VIOLATION;
    }
    let locked = request.irp().lock_user_buffer(buffer, length, for_write);
    let memory = locked.and_then(|address| {
        let plan = ObjectPlan::below(request.object(), Attributes::default());
        Object::create(call.binding, plan, MemoryBody::borrowed(address, length))
    });
    status::from_result(memory.map(|memory| out.set(memory.handle())))
}
