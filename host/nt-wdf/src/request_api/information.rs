//! The functions that describe a request.

use nt_types::status::NtStatus;

use crate::arrival;
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Handle, WdfDevice, WdfFileObject, WdfQueue, WdfRequest};
use crate::object::Ref;
use crate::pointer::Out;
use crate::queue;
use crate::request::{Place, RequestParameters};
use crate::status;
use crate::violation::Violation;

functions! {
    DISPATCH WdfDeviceEnqueueRequest = enqueue_request(
        device: WdfDevice, request: WdfRequest) -> NtStatus;
    DISPATCH WdfRequestGetParameters = get_parameters(
        request: WdfRequest, parameters: Out<RequestParameters>);
    DISPATCH WdfRequestGetFileObject = get_file(request: WdfRequest) -> WdfFileObject;
    DISPATCH WdfRequestGetRequestorMode = get_mode(request: WdfRequest) -> i8;
    DISPATCH WdfRequestGetIoQueue = get_queue(request: WdfRequest) -> WdfQueue;
    DISPATCH WdfRequestIsReserved = is_reserved(request: WdfRequest) -> u8;
    DISPATCH WdfRequestGetRequestorProcessId = get_process_id(
        request: WdfRequest) -> u32;
}

fn get_parameters(call: &FrameworkCall, request: WdfRequest, out: Out<RequestParameters>) {
    let request = call.object(request, "Request");
    let given = out.as_in().required(call, "Parameters");
    if given.has_right_size() {
        out.set(RequestParameters::of(&request));
    }
}

fn get_file(call: &FrameworkCall, request: WdfRequest) -> WdfFileObject {
    call.object(request, "Request").file()
}

fn get_mode(call: &FrameworkCall, request: WdfRequest) -> i8 {
    let request = call.object(request, "Request");
    let irp = request.irp();
    let file = irp.file().filter(|_| !irp.is_from_kernel());
    // `KernelMode`, if a driver has made it.
    file.map_or(0, |file| file.process().mode.number())
}

fn get_queue(call: &FrameworkCall, request: WdfRequest) -> WdfQueue {
    let queue = queue::of(&call.object(request, "Request"));
    queue.as_ref().map_or(Handle::NULL, Ref::handle)
}

fn is_reserved(call: &FrameworkCall, request: WdfRequest) -> u8 {
    call.object(request, "Request").is_reserved().into()
}

fn get_process_id(call: &FrameworkCall, request: WdfRequest) -> u32 {
    let irp = call.object(request, "Request").used_irp();
    irp.map_or(0, |irp| irp.file().map_or(0, |file| file.process().pid))
}

fn enqueue_request(call: &FrameworkCall, device: WdfDevice, request: WdfRequest) -> NtStatus {
    call.object(device, "Device");
    let request = call.owned_request(request);
    if request.queue_object().is_some() {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "only a request that is not from a queue can be enqueued this way",
        );
    }
    request.leave_caller();
    request.set_place(Place::Arriving);
    let enqueued = arrival::try_enqueue(&request);
    if enqueued.is_err() {
        request.become_the_drivers();
    }
    status::from_result(enqueued)
}
