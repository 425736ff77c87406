//! Which queue a request goes to, if it is not the default queue.

use nt_types::status::NtStatus;

use super::call::Call;
use super::device::Device;
use super::functions::functions;
use super::handle::Handle;
use super::object::Ref;
use super::queue::Queue;
use super::status;
use crate::io;

functions! {
    DISPATCH WdfDeviceConfigureRequestDispatching = configure(
        device: Handle<Device>, queue: Handle<Queue>, request_type: i32) -> NtStatus;
}

/// Enumerators of `WDF_REQUEST_TYPE`.
pub(super) mod request_type {
    pub(in super::super) const CREATE: i32 = 0;
    pub(in super::super) const READ: i32 = 3;
    pub(in super::super) const WRITE: i32 = 4;
    pub(in super::super) const DEVICE_CONTROL: i32 = 14;
    pub(in super::super) const INTERNAL_DEVICE_CONTROL: i32 = 15;
}

/// The queue that the device's creates go to. The default queue is none: it has to be configured.
pub(super) fn queue_for_creates(device: &Device) -> Option<Ref<Queue>> {
    let state = device.state.lock();
    let configured = state.dispatching.iter();
    let mut creates = configured.filter(|(kind, _)| *kind == request_type::CREATE);
    creates.next().map(|(_, queue)| queue.clone())
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
        request_type::CREATE
        | request_type::READ
        | request_type::WRITE
        | request_type::DEVICE_CONTROL
        | request_type::INTERNAL_DEVICE_CONTROL => {}
        _ => return NtStatus::INVALID_PARAMETER,
    }
    if queue.device().value() != device.value() || !queue.has_callback_for(request_type) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if device.io().is_ready() {
        return NtStatus::INVALID_DEVICE_STATE;
    }
    let mut state = device.state.lock();
    let is_create = request_type == request_type::CREATE;
    let default = state.default_queue.as_ref();
    if !is_create && default.is_some_and(|default| default.value() == queue.value()) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let mut configured = state.dispatching.iter();
    if configured.any(|(kind, _)| *kind == request_type) {
        return if is_create {
            NtStatus::INVALID_PARAMETER
        } else {
            status::WDF_BUSY
        };
    }
    state.dispatching.push((request_type, queue));
    NtStatus::SUCCESS
}
