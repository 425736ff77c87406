//! A request's buffers: one system buffer, two lengths.

use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfMemory, WdfRequest};
use crate::memory::MemoryBody;
use crate::object::{Attributes, Object, ObjectPlan, Ref};
use crate::pointer::Out;
use crate::request::RequestBody;
use crate::status;

functions! {
    DISPATCH WdfRequestRetrieveInputMemory = retrieve_input_memory(
        request: WdfRequest, memory: Out<WdfMemory>) -> NtStatus;
    DISPATCH WdfRequestRetrieveOutputMemory = retrieve_output_memory(
        request: WdfRequest, memory: Out<WdfMemory>) -> NtStatus;
    DISPATCH WdfRequestRetrieveInputBuffer = retrieve_input(
        request: WdfRequest, minimum: usize, buffer: Out<usize>,
        length: Out<usize>) -> NtStatus;
    DISPATCH WdfRequestRetrieveOutputBuffer = retrieve_output(
        request: WdfRequest, minimum: usize, buffer: Out<usize>,
        length: Out<usize>) -> NtStatus;
}

/// The direction of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Input,
    Output,
}

fn retrieve_input(
    call: &FrameworkCall,
    request: WdfRequest,
    minimum: usize,
    buffer: Out<usize>,
    length: Out<usize>,
) -> NtStatus {
    retrieve(call, request, Direction::Input, minimum, (buffer, length))
}

fn retrieve_output(
    call: &FrameworkCall,
    request: WdfRequest,
    minimum: usize,
    buffer: Out<usize>,
    length: Out<usize>,
) -> NtStatus {
    retrieve(call, request, Direction::Output, minimum, (buffer, length))
}

fn retrieve(
    call: &FrameworkCall,
    request: WdfRequest,
    direction: Direction,
    minimum: usize,
    (buffer, length): (Out<usize>, Out<usize>),
) -> NtStatus {
    let request = call.owned_request(request);
    let buffer = buffer.required(call, "Buffer");
    buffer.set(0);
    length.set(0);
    if let Some(status) = call.fails() {
        return status;
    }
    let found = find(&request, direction, minimum);
    status::from_result(found.map(|(address, bytes)| {
        buffer.set(address);
        length.set(bytes);
    }))
}

/// Address and length of the buffer for one direction, which has to have `minimum` bytes.
pub(super) fn find(
    request: &RequestBody,
    direction: Direction,
    minimum: usize,
) -> Result<(usize, usize), NtStatus> {
    let asked = request.irp().request();
    let length = match (asked, direction) {
        (nt_io::Request::DeviceControl { .. } | nt_io::Request::Write { .. }, Direction::Input) => {
            asked.input_length()
        }
        (nt_io::Request::DeviceControl { .. } | nt_io::Request::Read { .. }, Direction::Output) => {
            asked.output_length()
        }
        _ => return Err(NtStatus::INVALID_DEVICE_REQUEST),
    };
    if length == 0 {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let irp = request.irp();
    if irp.is_neither() && !irp.is_from_kernel() {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    if length < minimum {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let is_control = matches!(asked, nt_io::Request::DeviceControl { .. });
    let address = if irp.is_neither() {
        // A driver's own addresses are valid for another one.
        Some(irp.user_addresses()[direction as usize])
    } else if is_control && direction == Direction::Input {
        irp.buffer()
    } else {
        irp.direct_buffer().or_else(|| irp.buffer())
    };
    Ok((address.ok_or(status::INTERNAL_ERROR)?, length))
}

fn retrieve_input_memory(
    call: &FrameworkCall,
    request: WdfRequest,
    memory: Out<WdfMemory>,
) -> NtStatus {
    retrieve_memory(call, request, Direction::Input, memory)
}

fn retrieve_output_memory(
    call: &FrameworkCall,
    request: WdfRequest,
    memory: Out<WdfMemory>,
) -> NtStatus {
    retrieve_memory(call, request, Direction::Output, memory)
}

fn retrieve_memory(
    call: &FrameworkCall,
    request: WdfRequest,
    direction: Direction,
    out: Out<WdfMemory>,
) -> NtStatus {
    let request = call.owned_request(request);
    let out = out.required(call, "Memory");
    if let Some(status) = call.fails() {
        return status;
    }
    let memory = memory(call, &request, direction);
    status::from_result(memory.map(|memory| out.set(memory.handle())))
}

/// The request's WDFMEMORY for one direction, the same each time.
fn memory(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    direction: Direction,
) -> Result<Ref<MemoryBody>, NtStatus> {
    let (address, length) = find(request, direction, 0)?;
    let place = direction as usize;
    if let Some(memory) = &request.state.lock().memory[place] {
        return Ok(memory.clone());
    }
    let plan = ObjectPlan::below(request.object(), Attributes::default());
    let memory = Object::create(call.binding, plan, MemoryBody::borrowed(address, length))?;
    request.state.lock().memory[place] = Some(memory.clone());
    Ok(memory)
}
