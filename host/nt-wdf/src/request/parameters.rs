//! What a request says of itself.

use nt_types::status::NtStatus;

use super::super::call::Call;
use super::super::file::File;
use super::super::functions::functions;
use super::super::handle::Handle;
use super::super::object::Ref;
use super::super::pointer::Out;
use super::super::queue::Queue;
use super::super::{device::Device, violation::Violation};
use super::{Place, Request, enqueue};
use crate::io;

functions! {
    DISPATCH WdfDeviceEnqueueRequest = enqueue_request(
        device: Handle<Device>, request: Handle<Request>) -> NtStatus;
    DISPATCH WdfRequestGetParameters = get_parameters(
        request: Handle<Request>, parameters: Out<Parameters>);
    DISPATCH WdfRequestGetFileObject = get_file(request: Handle<Request>) -> Handle<File>;
    DISPATCH WdfRequestGetRequestorMode = get_mode(request: Handle<Request>) -> i8;
    DISPATCH WdfRequestGetIoQueue = get_queue(request: Handle<Request>) -> Handle<Queue>;
    DISPATCH WdfRequestIsReserved = is_reserved(request: Handle<Request>) -> u8;
    DISPATCH WdfRequestGetRequestorProcessId = get_process_id(
        request: Handle<Request>) -> u32;
}

/// `WDF_REQUEST_PARAMETERS` as it lies in memory; the union by the places of its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Parameters {
    pub(crate) size: u16,
    pub(crate) minor_function: u8,
    pub(crate) request_type: i32,
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) third: usize,
    pub(crate) fourth: usize,
}

const _: () = {
    assert!(size_of::<Parameters>() == 40);
    assert!(core::mem::offset_of!(Parameters, third) == 24);
};

/// The size that the driver has to announce.
const PARAMETERS_SIZE: u16 = 40;

impl Parameters {
    /// Those of a request.
    pub(in super::super) fn of(request: &Request) -> Self {
        parameters(request.irp().request())
    }

    /// Whether the driver announced the right size.
    pub(in super::super) fn has_right_size(&self) -> bool {
        self.size == PARAMETERS_SIZE
    }
}

/// The `WDF_REQUEST_TYPE` of a request.
pub(super) fn request_type(request: io::Request) -> i32 {
    match request {
        io::Request::Create => 0,
        io::Request::Read { .. } => 3,
        io::Request::Write { .. } => 4,
        io::Request::DeviceControl { .. } => 14,
    }
}

fn parameters(request: io::Request) -> Parameters {
    let (first, second, third) = match request {
        io::Request::Create => (0, 0, 0),
        io::Request::Read { length } | io::Request::Write { length } => (length, 0, 0),
        io::Request::DeviceControl {
            code,
            input_length,
            output_length,
        } => (output_length, input_length, code as usize),
    };
    Parameters {
        size: PARAMETERS_SIZE,
        minor_function: 0,
        request_type: request_type(request),
        first,
        second,
        third,
        fourth: 0,
    }
}

fn get_parameters(call: &Call, request: Handle<Request>, out: Out<Parameters>) {
    let request = call.object(request, "Request");
    let given = out.as_in().required(call, "Parameters");
    if given.has_right_size() {
        out.set(Parameters::of(&request));
    }
}

fn get_file(call: &Call, request: Handle<Request>) -> Handle<File> {
    call.object(request, "Request").file()
}

fn get_mode(call: &Call, request: Handle<Request>) -> i8 {
    let request = call.object(request, "Request");
    request.irp().file().process().mode.number()
}

fn get_queue(call: &Call, request: Handle<Request>) -> Handle<Queue> {
    let queue = call.object(request, "Request").queue();
    queue.as_ref().map_or(Handle::NULL, Ref::handle)
}

fn is_reserved(call: &Call, request: Handle<Request>) -> u8 {
    call.object(request, "Request").is_reserved().into()
}

fn get_process_id(call: &Call, request: Handle<Request>) -> u32 {
    call.object(request, "Request").irp().file().process().pid
}

fn enqueue_request(call: &Call, device: Handle<Device>, request: Handle<Request>) -> NtStatus {
    call.object(device, "Device");
    let request = call.owned_request(request);
    if request.queue().is_some() {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "only a request that is not from a queue can be enqueued this way",
        );
    }
    request.leave_caller();
    request.set_place(Place::Arriving);
    enqueue(&request);
    NtStatus::SUCCESS
}
