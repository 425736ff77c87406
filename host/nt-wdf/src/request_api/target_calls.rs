//! What a driver asks an I/O target: as a request that it sends, or at once.

use std::sync::mpsc;

use nt_io::{Buffer, TargetCall, TargetIrp};
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use super::sending::{SendOptions, flags_of};
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Handle, WdfIoTarget, WdfMemory, WdfRequest};
use crate::pointer::{In, Out};
use crate::request::{CompletionParams, request_type};
use crate::status;

functions! {
    DISPATCH WdfIoTargetFormatRequestForIoctl = format_ioctl(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: WdfMemory,
        input_offset: In<MemoryOffset>, output: WdfMemory,
        output_offset: In<MemoryOffset>) -> NtStatus;
    PASSIVE WdfIoTargetSendIoctlSynchronously = send_ioctl(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: In<MemoryDescriptor>,
        output: In<MemoryDescriptor>, options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendReadSynchronously = send_read(
        target: WdfIoTarget, request: WdfRequest, output: In<MemoryDescriptor>, offset: In<u64>,
        options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendWriteSynchronously = send_write(
        target: WdfIoTarget, request: WdfRequest, input: In<MemoryDescriptor>, offset: In<u64>,
        options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
}

/// `WDFMEMORY_OFFSET`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryOffset {
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// `WDF_MEMORY_DESCRIPTOR` as it lies in memory; the union by its words.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryDescriptor {
    pub(crate) kind: i32,
    pub(crate) first: usize,
    pub(crate) second: usize,
}

const _: () = assert!(size_of::<MemoryDescriptor>() == 24);

/// `WdfMemoryDescriptorTypeBuffer`.
const BUFFER: i32 = 1;
/// `WdfMemoryDescriptorTypeHandle`.
const HANDLE: i32 = 3;

impl FrameworkCall {
    /// The part of a WDFMEMORY that `offset` means; nothing for a handle that is NULL.
    fn part(&self, memory: WdfMemory, offset: In<MemoryOffset>) -> Result<Buffer, NtStatus> {
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

    /// The buffer that a descriptor means; nothing for NULL.
    fn described(&self, descriptor: In<MemoryDescriptor>) -> Result<Buffer, NtStatus> {
        let Some(descriptor) = descriptor.optional() else {
            return Ok(Buffer::default());
        };
        match descriptor.kind {
            BUFFER => Ok(Buffer {
                address: descriptor.first,
                // It has 32 bits, whatever lies behind them.
                length: descriptor.second & 0xFFFF_FFFF,
            }),
            HANDLE => self.part(Handle::new(descriptor.first), In::at(descriptor.second)),
            kind => unimplemented::stop(&format!(
                "{} with the WDF_MEMORY_DESCRIPTOR_TYPE {kind}",
                self.function
            )),
        }
    }

    /// Sends the call and waits for its outcome, which also goes to the request, if one is given.
    fn ask(
        &self,
        target: WdfIoTarget,
        request: WdfRequest,
        asked: Result<TargetCall, NtStatus>,
        (options, returned): (In<SendOptions>, Out<usize>),
    ) -> Result<NtStatus, NtStatus> {
        let target = self.object(target, "IoTarget");
        let request = (request.0 != 0).then(|| self.owned_request(request));
        if request
            .as_ref()
            .is_some_and(|request| !request.is_created())
        {
            unimplemented::stop(&format!(
                "{} with a request that was received",
                self.function
            ));
        }
        flags_of(self, options)?;
        let destination = target.destination().ok_or(NtStatus::INVALID_DEVICE_STATE)?;
        let (sender, receiver) = mpsc::channel();
        let done = move |status, information| {
            // The receiver waits below.
            let _ = sender.send((status, information));
        };
        let file = destination.file.as_deref();
        TargetIrp::new(&destination.device, file, asked?, Box::new(done))?.send();
        let answered = receiver.recv();
        let (status, information) = answered.unwrap_or((NtStatus::UNSUCCESSFUL, 0));
        if let Some(request) = request {
            let params = &mut request.state.lock().sending.params;
            params.status = status;
            params.information = information;
        }
        returned.set(usize::try_from(information).unwrap_or(usize::MAX));
        Ok(status)
    }
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
    call.object(target, "IoTarget");
    let owned = call.owned_request(request);
    if !owned.is_created() {
        unimplemented::stop(&format!(
            "{} with a request that was received",
            call.function
        ));
    }
    let parts = call
        .part(input, input_offset)
        .and_then(|input| Ok((input, call.part(output, output_offset)?)));
    status::from_result(parts.map(|(given, room)| {
        let mut state = owned.state.lock();
        state.sending.is_formatted = true;
        state.sending.call = Some(TargetCall::Control {
            code,
            is_internal: false,
            input: given,
            output: room,
        });
        let offset = |offset: In<MemoryOffset>| offset.optional().map_or(0, |offset| offset.offset);
        state.sending.params = CompletionParams {
            request_type: request_type::DEVICE_CONTROL,
            parameters: [
                code as usize,
                input.0,
                offset(input_offset),
                output.0,
                offset(output_offset),
                0,
            ],
            ..CompletionParams::default()
        };
    }))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn send_ioctl(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    input: In<MemoryDescriptor>,
    output: In<MemoryDescriptor>,
    options: In<SendOptions>,
    returned: Out<usize>,
) -> NtStatus {
    let asked = call.described(input).and_then(|input| {
        Ok(TargetCall::Control {
            code,
            is_internal: false,
            input,
            output: call.described(output)?,
        })
    });
    let answer = call.ask(target, request, asked, (options, returned));
    answer.unwrap_or_else(|status| status)
}

fn send_read(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    output: In<MemoryDescriptor>,
    offset: In<u64>,
    options: In<SendOptions>,
    returned: Out<usize>,
) -> NtStatus {
    let offset = offset.optional().unwrap_or_default();
    let asked = call.described(output);
    let asked = asked.map(|output| TargetCall::Read { output, offset });
    let answer = call.ask(target, request, asked, (options, returned));
    answer.unwrap_or_else(|status| status)
}

fn send_write(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    input: In<MemoryDescriptor>,
    offset: In<u64>,
    options: In<SendOptions>,
    returned: Out<usize>,
) -> NtStatus {
    let offset = offset.optional().unwrap_or_default();
    let asked = call.described(input);
    let asked = asked.map(|input| TargetCall::Write { input, offset });
    let answer = call.ask(target, request, asked, (options, returned));
    answer.unwrap_or_else(|status| status)
}
