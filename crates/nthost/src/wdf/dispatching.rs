//! Which queue a request goes to, if it is not the default queue.

use abi::status::NtStatus;

use super::call::Call;
use super::device::Device;
use super::functions::functions;
use super::handle::Handle;
use super::object::Ref;
use super::queue::Queue;
use super::status;
use crate::io;
use crate::kernel::{fault, warning};

functions! {
    93 DISPATCH WdfDeviceConfigureRequestDispatching = configure(
        device: Handle<Device>, queue: Handle<Queue>, request_type: i32) -> NtStatus;
}

/// Enumerators of `WDF_REQUEST_TYPE`.
mod request_type {
    pub(super) const CREATE: i32 = 0;
    pub(super) const READ: i32 = 3;
    pub(super) const WRITE: i32 = 4;
    pub(super) const DEVICE_CONTROL: i32 = 14;
    pub(super) const INTERNAL_DEVICE_CONTROL: i32 = 15;
}

/// The queue that `request` goes to.
pub(super) fn queue_for(device: &Device, request: io::Request) -> Option<Ref<Queue>> {
    let wanted = match request {
        io::Request::Create => request_type::CREATE,
        io::Request::Read { .. } => request_type::READ,
        io::Request::Write { .. } => request_type::WRITE,
        io::Request::DeviceControl { .. } => request_type::DEVICE_CONTROL,
    };
    let state = device.state.lock();
    let configured = state.dispatching.iter().find(|(kind, _)| *kind == wanted);
    let queue = configured.map(|(_, queue)| queue);
    queue.or(state.default_queue.as_ref()).cloned()
}

fn configure(
    call: &Call,
    device: Handle<Device>,
    queue: Handle<Queue>,
    request_type: i32,
) -> NtStatus {
    let device = call.object(device, "Device");
    let queue = call.object(queue, "Queue");
    match request_type {
        request_type::READ
        | request_type::WRITE
        | request_type::DEVICE_CONTROL
        | request_type::INTERNAL_DEVICE_CONTROL => {}
        request_type::CREATE => {
            warning("WdfDeviceConfigureRequestDispatching: this host gives creates to no queue");
            return NtStatus::NOT_SUPPORTED;
        }
        _ => return NtStatus::INVALID_PARAMETER,
    }
    if queue.device().value() != device.value() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if fault::inject(call.function) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let mut state = device.state.lock();
    if state
        .dispatching
        .iter()
        .any(|(kind, _)| *kind == request_type)
    {
        return status::WDF_BUSY;
    }
    state.dispatching.push((request_type, queue));
    NtStatus::SUCCESS
}
