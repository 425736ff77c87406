//! What a driver asks an I/O target at once.

use nt_io::{Buffer, TargetCall};
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use super::sending::{SYNCHRONOUS, SendOptions, limits_of, try_send};
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Handle, WdfIoTarget, WdfRequest};
use crate::io_target::IoTargetBody;
use crate::object::{Attributes, Ref, deletion};
use crate::pointer::{In, Out};
use crate::request::{self, CompletionParams, RequestBody};

functions! {
    PASSIVE WdfIoTargetSendIoctlSynchronously = send_control::<false>(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: In<MemoryDescriptor>,
        output: In<MemoryDescriptor>, options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendInternalIoctlSynchronously = send_control::<true>(
        target: WdfIoTarget, request: WdfRequest, code: u32, input: In<MemoryDescriptor>,
        output: In<MemoryDescriptor>, options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendInternalIoctlOthersSynchronously = send_others(
        target: WdfIoTarget, request: WdfRequest, code: u32, first: In<MemoryDescriptor>,
        second: In<MemoryDescriptor>, fourth: In<MemoryDescriptor>, options: In<SendOptions>,
        returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendReadSynchronously = send_read(
        target: WdfIoTarget, request: WdfRequest, output: In<MemoryDescriptor>, offset: In<u64>,
        options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
    PASSIVE WdfIoTargetSendWriteSynchronously = send_write(
        target: WdfIoTarget, request: WdfRequest, input: In<MemoryDescriptor>, offset: In<u64>,
        options: In<SendOptions>, returned: Out<usize>) -> NtStatus;
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
                self.function.name
            )),
        }
    }

    /// Sends the call and waits for its outcome, with the request that is given, or one for this call.
    fn ask(
        &self,
        target: WdfIoTarget,
        request: WdfRequest,
        asked: Result<TargetCall, NtStatus>,
        options: In<SendOptions>,
        returned: Out<usize>,
    ) -> NtStatus {
        let outcome = self.try_ask(target, request, asked, options);
        outcome.map_or_else(
            |status| status,
            |params| {
                returned.set(usize::try_from(params.information).unwrap_or(usize::MAX));
                params.status
            },
        )
    }

    fn try_ask(
        &self,
        target: WdfIoTarget,
        request: WdfRequest,
        asked: Result<TargetCall, NtStatus>,
        options: In<SendOptions>,
    ) -> Result<CompletionParams, NtStatus> {
        let target = self.object(target, "IoTarget");
        let given = (request.0 != 0).then(|| self.request_to_send(request));
        if given.as_ref().is_some_and(|given| !given.is_created()) {
            unimplemented::stop(&format!(
                "{} with a request that was received",
                self.function.name
            ));
        }
        let (flags, timeout) = limits_of(self, options)?;
        let asked = asked?;
        let is_given = given.is_some();
        let request = given.map_or_else(|| request_of(&target), Ok)?;
        let mut state = request.state.lock();
        // The outcome is that of this call: no routine gets it.
        state.sending.routine = None;
        state.sending.format(asked, CompletionParams::default());
        drop(state);
        let sent = try_send(self, &request, &target, (flags | SYNCHRONOUS, timeout));
        let params = request.state.lock().sending.params;
        if !is_given {
            deletion::delete(request.object());
        }
        sent.map(|()| params)
    }
}

/// A request for one call of a target.
fn request_of(target: &IoTargetBody) -> Result<Ref<RequestBody>, NtStatus> {
    let owner = target.owner().ok_or(NtStatus::INVALID_DEVICE_STATE)?;
    request::created(&owner, Attributes::default())
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn send_control<const IS_INTERNAL: bool>(
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
            is_internal: IS_INTERNAL,
            input,
            output: call.described(output)?,
        })
    });
    call.ask(target, request, asked, options, returned)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn send_others(
    call: &FrameworkCall,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    first: In<MemoryDescriptor>,
    second: In<MemoryDescriptor>,
    fourth: In<MemoryDescriptor>,
    options: In<SendOptions>,
    returned: Out<usize>,
) -> NtStatus {
    let argument = |descriptor| Ok(call.described(descriptor)?.address);
    let asked = argument(first).and_then(|first| {
        Ok(TargetCall::Others {
            code,
            arguments: [first, argument(second)?, argument(fourth)?],
        })
    });
    call.ask(target, request, asked, options, returned)
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
    call.ask(target, request, asked, options, returned)
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
    call.ask(target, request, asked, options, returned)
}
