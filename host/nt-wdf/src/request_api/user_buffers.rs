//! The caller's own buffers, by the addresses that they have in the caller's process.

use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::WdfRequest;
use crate::pointer::Out;
use crate::request::RequestBody;
use crate::status;

functions! {
    PASSIVE WdfRequestRetrieveUnsafeUserInputBuffer = retrieve_input(
        request: WdfRequest, minimum: usize, buffer: Out<usize>,
        length: Out<usize>) -> NtStatus;
    PASSIVE WdfRequestRetrieveUnsafeUserOutputBuffer = retrieve_output(
        request: WdfRequest, minimum: usize, buffer: Out<usize>,
        length: Out<usize>) -> NtStatus;
    DISPATCH WdfRequestWdmGetIrp = get_irp(request: WdfRequest) -> usize;
}

fn retrieve_input(
    call: &FrameworkCall,
    request: WdfRequest,
    minimum: usize,
    buffer: Out<usize>,
    length: Out<usize>,
) -> NtStatus {
    retrieve(call, request, minimum, (buffer, length), |request| {
        let [address, _] = request.irp().user_addresses();
        match request.irp().request() {
            nt_io::Request::DeviceControl { input_length, .. } => Some((address, input_length)),
            nt_io::Request::Write { length } => Some((address, length)),
            nt_io::Request::Create | nt_io::Request::Read { .. } => None,
        }
    })
}

fn retrieve_output(
    call: &FrameworkCall,
    request: WdfRequest,
    minimum: usize,
    buffer: Out<usize>,
    length: Out<usize>,
) -> NtStatus {
    retrieve(call, request, minimum, (buffer, length), |request| {
        let [_, address] = request.irp().user_addresses();
        match request.irp().request() {
            nt_io::Request::DeviceControl { output_length, .. } => Some((address, output_length)),
            nt_io::Request::Read { length } => Some((address, length)),
            nt_io::Request::Create | nt_io::Request::Write { .. } => None,
        }
    })
}

fn retrieve(
    call: &FrameworkCall,
    request: WdfRequest,
    minimum: usize,
    (buffer, length): (Out<usize>, Out<usize>),
    find: impl FnOnce(&RequestBody) -> Option<(usize, usize)>,
) -> NtStatus {
    let request = call.owned_request(request);
    let buffer = buffer.required(call, "Buffer");
    buffer.set(0);
    length.set(0);
    if let Some(status) = call.fails() {
        return status;
    }
    let is_callers = request.state.lock().in_caller_context && request.irp().is_neither();
    let found = find(&request).filter(|_| is_callers);
    let checked = match found {
        None => Err(NtStatus::INVALID_DEVICE_REQUEST),
        Some((_, bytes)) if bytes < minimum => Err(NtStatus::BUFFER_TOO_SMALL),
        Some(found) => Ok(found),
    };
    status::from_result(checked.map(|(address, bytes)| {
        buffer.set(address);
        length.set(bytes);
    }))
}

fn get_irp(call: &FrameworkCall, request: WdfRequest) -> usize {
    call.object(request, "Request").irp().packet_address()
}
