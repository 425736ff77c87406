//! Which queue receives a request.

use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfQueue};
use crate::object::Ref;
use crate::queue::QueueBody;
use crate::request::{request_type, type_of};
use crate::status;

functions! {
    DISPATCH WdfDeviceConfigureRequestDispatching = configure(
        device: WdfDevice, queue: WdfQueue, request_type: i32) -> NtStatus;
}

/// The queue for the device's create requests. It has to be configured: the default queue gets none.
pub(crate) fn queue_for_creates(device: &DeviceBody) -> Option<Ref<QueueBody>> {
    let state = device.state.lock();
    let configured = state.dispatching.iter();
    let mut creates = configured.filter(|(kind, _)| *kind == request_type::CREATE);
    creates.next().map(|(_, queue)| Ref::new(queue.clone()))
}

/// Whether a queue, or a callback of a queue, is there for `request`.
pub(crate) fn is_handled(device: &DeviceBody, request: nt_io::Request) -> bool {
    let queue = queue_for(device, request);
    queue.is_some_and(|queue| queue.has_callback_for(type_of(request)))
}

/// The queue that receives `request`.
pub(crate) fn queue_for(device: &DeviceBody, request: nt_io::Request) -> Option<Ref<QueueBody>> {
    let wanted = type_of(request);
    let state = device.state.lock();
    let configured = state.dispatching.iter().find(|(kind, _)| *kind == wanted);
    let queue = configured.map(|(_, queue)| queue);
    let queue = queue.or(state.default_queue.as_ref());
    queue.cloned().map(Ref::new)
}

fn configure(
    call: &FrameworkCall,
    device: WdfDevice,
    queue: WdfQueue,
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
    if !is_create && default.is_some_and(|default| default.handle() == queue.value()) {
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
    state
        .dispatching
        .push((request_type, queue.object().clone()));
    NtStatus::SUCCESS
}
