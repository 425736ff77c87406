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
    DISPATCH WdfIoTargetFormatRequestForRead = format_transfer::<false>(
        target: WdfIoTarget, request: WdfRequest, output: WdfMemory,
        output_offset: In<MemoryOffset>, offset: In<u64>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForWrite = format_transfer::<true>(
        target: WdfIoTarget, request: WdfRequest, input: WdfMemory,
        input_offset: In<MemoryOffset>, offset: In<u64>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForIoctl = format_control::<false>(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: WdfMemory,
        input_offset: In<MemoryOffset>, output: WdfMemory,
        output_offset: In<MemoryOffset>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForInternalIoctl = format_control::<true>(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: WdfMemory,
        input_offset: In<MemoryOffset>, output: WdfMemory,
        output_offset: In<MemoryOffset>) -> NtStatus;
    DISPATCH WdfIoTargetFormatRequestForInternalIoctlOthers = format_others(
        target: WdfIoTarget, request: WdfRequest, code: u32,
        first: WdfMemory, first_offset: In<MemoryOffset>,
        second: WdfMemory, second_offset: In<MemoryOffset>,
        fourth: WdfMemory, fourth_offset: In<MemoryOffset>) -> NtStatus;
}

/// `WDFMEMORY_OFFSET`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryOffset {
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

impl FrameworkCall {
    /// The part of a WDFMEMORY that `offset` means; nothing for a handle that is NULL.
    pub(crate) fn part(
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
                self.function.name
            ));
        }
        status::from_result(formatted.map(|(asked, params)| {
            owned.state.lock().sending.format(asked, params);
        }))
    }
}

/// Where a part begins.
fn start_of(part: In<MemoryOffset>) -> usize {
    part.optional().map_or(0, |offset| offset.offset)
}

/// A read, or a write; the length of its parameters comes with the outcome.
fn format_transfer<const IS_WRITE: bool>(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    memory: WdfMemory,
    part: In<MemoryOffset>,
    offset: In<u64>,
) -> NtStatus {
    let offset = offset.optional().unwrap_or_default();
    let (request_type, transfer): (_, fn(Buffer, u64) -> TargetCall) = if IS_WRITE {
        let write = |input, offset| TargetCall::Write { input, offset };
        (request_type::WRITE, write)
    } else {
        let read = |output, offset| TargetCall::Read { output, offset };
        (request_type::READ, read)
    };
    let params = CompletionParams {
        request_type,
        parameters: [memory.0, 0, start_of(part), 0, 0, 0],
        ..CompletionParams::default()
    };
    let buffer = call.part(memory, part);
    let asked = buffer.map(|buffer| (transfer(buffer, offset), params));
    call.format(target, request, asked)
}

/// A control request, or one between drivers; the length of its output comes with the outcome.
#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn format_control<const IS_INTERNAL: bool>(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    input: WdfMemory,
    input_part: In<MemoryOffset>,
    output: WdfMemory,
    output_part: In<MemoryOffset>,
) -> NtStatus {
    let request_type = if IS_INTERNAL {
        request_type::INTERNAL_DEVICE_CONTROL
    } else {
        request_type::DEVICE_CONTROL
    };
    let params = CompletionParams {
        request_type,
        parameters: [
            code as usize,
            input.0,
            start_of(input_part),
            output.0,
            start_of(output_part),
            0,
        ],
        ..CompletionParams::default()
    };
    let asked = call.part(input, input_part).and_then(|input| {
        let control = TargetCall::Control {
            code,
            is_internal: IS_INTERNAL,
            input,
            output: call.part(output, output_part)?,
        };
        Ok((control, params))
    });
    call.format(target, request, asked)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn format_others(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    first: WdfMemory,
    first_part: In<MemoryOffset>,
    second: WdfMemory,
    second_part: In<MemoryOffset>,
    fourth: WdfMemory,
    fourth_part: In<MemoryOffset>,
) -> NtStatus {
    let params = CompletionParams {
        request_type: request_type::OTHER,
        parameters: [first.0, second.0, 0, fourth.0, 0, 0],
        ..CompletionParams::default()
    };
    let argument = |memory, part| Ok(call.part(memory, part)?.address);
    let arguments = argument(first, first_part).and_then(|first| {
        Ok([
            first,
            argument(second, second_part)?,
            argument(fourth, fourth_part)?,
        ])
    });
    let asked = arguments.map(|arguments| (TargetCall::Others { code, arguments }, params));
    call.format(target, request, asked)
}
