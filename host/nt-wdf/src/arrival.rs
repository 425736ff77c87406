//! The arrival of an IRP from the I/O manager: the framework creates a WDFREQUEST and delivers it
//! to a queue or to the driver.

use std::sync::Arc;

use nt_io::{Device, FileHandle, Irp};
use nt_types::status::NtStatus;

use crate::device::DeviceBody;
use crate::object::Ref;
use crate::request::{self, RequestBody};
use crate::{callback, dispatching, file, queue, status};

const FILE_CREATE: &str = "EvtDeviceFileCreate";

/// `IRP_MJ_CREATE`.
pub(crate) fn create(device: &Ref<DeviceBody>, irp: &Arc<Irp>) {
    let created = irp.file().map(|file| file::create_object(device, file));
    if let Some(Err(status)) = created {
        irp.complete(status, 0);
        return;
    }
    if let Some(queue) = dispatching::queue_for_creates(device) {
        return arrive_create(device, irp, |request| {
            queue::enter(&queue, request);
        });
    }
    let config = device.init().file_config;
    match config.and_then(|config| config.create) {
        Some(function) => arrive_create(device, irp, |request| {
            request.become_the_drivers();
            irp.given_to(FILE_CREATE, function as usize);
            callback::run(FILE_CREATE, device.value(), || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe {
                    function(device.handle(), request.handle(), request.file());
                }
            });
        }),
        None => match device.lower_for_filter() {
            Some(lower) => forward_create(device, irp, &lower),
            None => irp.complete(NtStatus::SUCCESS, 0),
        },
    }
}

/// Passes a create to the next lower driver. If that refuses it, the file object goes.
fn forward_create(device: &Ref<DeviceBody>, irp: &Arc<Irp>, lower: &Arc<Device>) {
    let (device, forwarded) = (device.clone(), irp.clone());
    irp.format_next();
    irp.send_to(
        lower,
        Box::new(move || {
            let (status, information) = forwarded.outcome();
            if let Some(file) = forwarded.file().filter(|_| !status.is_success()) {
                file::create_failed(&device, file);
            }
            forwarded.complete(status, information);
        }),
    );
}

const IN_CALLER_CONTEXT: &str = "EvtIoInCallerContext";

/// Handles a read, write or control request of the I/O manager's.
pub(crate) fn arrive(device: &Ref<DeviceBody>, irp: &Arc<Irp>) {
    let is_plain = device.init().in_caller_context.is_none();
    if let Some(lower) = device.lower_for_filter().filter(|_| is_plain)
        && !dispatching::is_handled(device, irp.request())
    {
        return irp.forward_to(&lower);
    }
    let reserving = dispatching::queue_for(device, irp.request());
    let reserving = reserving.filter(|queue| queue::has_reserve(queue));
    let request = match reserving {
        Some(queue) => queue::request_for(&queue, irp),
        None => create_request(device, irp),
    };
    let Some(request) = request else {
        return;
    };
    match device.init().in_caller_context {
        Some(function) => {
            request.become_the_drivers();
            request.state.lock().in_caller_context = true;
            irp.given_to(IN_CALLER_CONTEXT, function as usize);
            callback::run(IN_CALLER_CONTEXT, device.value(), || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(device.handle(), request.handle()) }
            });
            request.leave_caller();
        }
        None => enqueue(&request),
    }
}

/// Makes the request for a create IRP and passes it to `present`.
fn arrive_create(
    device: &Ref<DeviceBody>,
    irp: &Arc<Irp>,
    present: impl FnOnce(&Ref<RequestBody>),
) {
    if let Some(request) = create_request(device, irp) {
        present(&request);
    }
}

/// Makes the framework's object for an IRP; without memory for it the IRP is completed.
fn create_request(device: &Ref<DeviceBody>, irp: &Arc<Irp>) -> Option<Ref<RequestBody>> {
    match request::ordinary(device, irp) {
        Ok(request) => {
            queue::listen(&request);
            Some(request)
        }
        Err(status) => {
            if let Some(file) = irp.file()
                && irp.request() == nt_io::Request::Create
            {
                file::create_failed(device, file);
            }
            irp.complete(status, 0);
            None
        }
    }
}

/// Gives a request to the queue that is meant for it, or completes it without one that accepts it.
fn enqueue(request: &Ref<RequestBody>) {
    match try_enqueue(request) {
        Ok(()) => {}
        Err(status::WDF_BUSY) => request::finish(request, NtStatus::INVALID_DEVICE_STATE, 0),
        Err(refusal) => request::finish(request, refusal, 0),
    }
}

/// Gives a request to the queue that is meant for it. With an error the request is the caller's still.
pub(crate) fn try_enqueue(request: &Ref<RequestBody>) -> Result<(), NtStatus> {
    if let Some(lower) = request.device().lower_for_filter()
        && !dispatching::is_handled(request.device(), request.irp().request())
    {
        request::forward(request, &lower);
        return Ok(());
    }
    let queue = dispatching::queue_for(request.device(), request.irp().request());
    let queue = queue.ok_or(NtStatus::INVALID_DEVICE_REQUEST)?;
    let is_empty = match request.irp().request() {
        nt_io::Request::Read { length } | nt_io::Request::Write { length } => length == 0,
        nt_io::Request::Create | nt_io::Request::DeviceControl { .. } => false,
    };
    if is_empty && !queue.allows_zero_length() {
        request::finish(request, NtStatus::SUCCESS, 0);
    } else if !queue::enter_if_accepted(&queue, request) {
        return Err(status::WDF_BUSY);
    }
    Ok(())
}

/// `IRP_MJ_CLEANUP`: the driver's callback, then the file's queued requests are cancelled.
pub(crate) fn cleanup(device: &Ref<DeviceBody>, file: &Arc<FileHandle>) {
    file::cleanup(device, file);
    for queue in queue::all_of(device) {
        queue::cancel_requests_of(&queue, file);
    }
}
