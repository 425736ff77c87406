//! What a driver asks an I/O target with a request that it sends.

use nt_io::{Buffer, TargetCall};
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfIoTarget, WdfMemory, WdfRequest};
use crate::pointer::In;
use crate::request::{CompletionParams, request_type};
use crate::status;

functions! {
    DISPATCH WdfIoTargetFormatRequestForRead = format_read(
        target: WdfIoTarget, request: WdfRequest, output: WdfMemory,
        output_offset: In<MemoryOffset>, offset: In<u64>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForWrite = format_write(
        target: WdfIoTarget, request: WdfRequest, input: WdfMemory,
        input_offset: In<MemoryOffset>, offset: In<u64>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForIoctl = format_ioctl(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: WdfMemory,
        input_offset: In<MemoryOffset>, output: WdfMemory,
        output_offset: In<MemoryOffset>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForInternalIoctl = format_internal_ioctl(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: WdfMemory,
        input_offset: In<MemoryOffset>, output: WdfMemory,
        output_offset: In<MemoryOffset>) -> NtStatus;
}

/// `WDFMEMORY_OFFSET`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryOffset {
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// A WDFMEMORY and the part of it that is meant.
type MemoryPart = (WdfMemory, In<MemoryOffset>);

impl FrameworkCall {
    /// The part of a WDFMEMORY that `offset` means; nothing for a handle that is NULL.
    pub(super) fn part(
        &self,
        memory: WdfMemory,
        offset: In<MemoryOffset>,
    ) -> Result<Buffer, NtStatus> {
        let Some(memory) = self.optional_object(memory, "Memory") else {
            return Ok(Buffer::default());
        };
        let (address, size) = memory.place();
        let offset = offset.optional();
        let start = offset.map_or(0, |offset| offset.offset);
        let rest = size
            .checked_sub(start)
            .ok_or(NtStatus::INVALID_DEVICE_REQUEST)?;
        // A length of 0 means the rest.
        let asked = offset.map_or(0, |offset| offset.length);
        let length = if asked == 0 { rest } else { asked };
        if length > rest {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        Ok(Buffer {
            address: address + start,
            length,
        })
    }

    /// Formats a request that the driver has created.
    fn format(
        &self,
        target: WdfIoTarget,
        request: WdfRequest,
        formatted: Result<(TargetCall, CompletionParams), NtStatus>,
    ) -> NtStatus {
        self.object(target, "IoTarget");
        let owned = self.owned_request(request);
        if !owned.is_created() {
            unimplemented::stop(&format!(
                "{} with a request that was received",
                self.function
            ));
        }
        status::from_result(formatted.map(|(asked, params)| {
            owned.state.lock().sending.format(asked, params);
        }))
    }
}

/// Where a part begins.
fn start_of((_, offset): MemoryPart) -> usize {
    offset.optional().map_or(0, |offset| offset.offset)
}

/// The parameters of a transfer; its length comes with the outcome.
fn transfer_params(request_type: i32, part: MemoryPart) -> CompletionParams {
    CompletionParams {
        request_type,
        parameters: [part.0.0, 0, start_of(part), 0, 0, 0],
        ..CompletionParams::default()
    }
}

fn format_read(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    output: WdfMemory,
    output_offset: In<MemoryOffset>,
    offset: In<u64>,
) -> NtStatus {
    let offset = offset.optional().unwrap_or_default();
    let params = transfer_params(request_type::READ, (output, output_offset));
    let room = call.part(output, output_offset);
    let asked = room.map(|output| (TargetCall::Read { output, offset }, params));
    call.format(target, request, asked)
}

fn format_write(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    input: WdfMemory,
    input_offset: In<MemoryOffset>,
    offset: In<u64>,
) -> NtStatus {
    let offset = offset.optional().unwrap_or_default();
    let params = transfer_params(request_type::WRITE, (input, input_offset));
    let given = call.part(input, input_offset);
    let asked = given.map(|input| (TargetCall::Write { input, offset }, params));
    call.format(target, request, asked)
}

/// A control request, and its parameters; the length of its output comes with the outcome.
fn control(
    call: &FrameworkCall,
    (code, is_internal): (u32, bool),
    given: MemoryPart,
    room: MemoryPart,
) -> Result<(TargetCall, CompletionParams), NtStatus> {
    let asked = TargetCall::Control {
        code,
        is_internal,
        input: call.part(given.0, given.1)?,
        output: call.part(room.0, room.1)?,
    };
    let request_type = if is_internal {
        request_type::INTERNAL_DEVICE_CONTROL
    } else {
        request_type::DEVICE_CONTROL
    };
    let params = CompletionParams {
        request_type,
        parameters: [
            code as usize,
            given.0.0,
            start_of(given),
            room.0.0,
            start_of(room),
            0,
        ],
        ..CompletionParams::default()
    };
    Ok((asked, params))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn format_ioctl(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    input: WdfMemory,
    input_offset: In<MemoryOffset>,
    output: WdfMemory,
    output_offset: In<MemoryOffset>,
) -> NtStatus {
    let (given, room) = ((input, input_offset), (output, output_offset));
    let asked = control(call, (code, false), given, room);
    call.format(target, request, asked)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn format_internal_ioctl(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    input: WdfMemory,
    input_offset: In<MemoryOffset>,
    output: WdfMemory,
    output_offset: In<MemoryOffset>,
) -> NtStatus {
    let (given, room) = ((input, input_offset), (output, output_offset));
    let asked = control(call, (code, true), given, room);
    call.format(target, request, asked)
}
