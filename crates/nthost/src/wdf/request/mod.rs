//! WDFREQUEST: an I/O request, from its arrival to its one completion.

mod buffers;
mod cancel;
mod complete;
mod parameters;

use std::sync::Arc;

use abi::status::NtStatus;
use parking_lot::Mutex;

use super::call::Call;
use super::callback;
use super::device::Device;
use super::file::{self, File};
use super::functions::Function;
use super::handle::{Handle, Kind};
use super::memory::Memory;
use super::object::{Body, Object, Plan, Ref};
use super::queue::{self, Queue, Refusal};
use super::violation::Violation;
use crate::io::{self, Irp};

pub(super) use cancel::{CancelRoutine, cancel_marked};
pub(super) use complete::finish;
pub(crate) use parameters::Parameters;

/// The functions of the table that this folder implements.
pub(super) fn functions() -> Vec<Function> {
    [
        buffers::functions(),
        cancel::functions(),
        complete::functions(),
        parameters::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Who may do something with a request.
#[derive(Clone)]
pub(super) enum Place {
    /// The framework: it has just arrived.
    Arriving,
    /// A queue.
    Waiting(Ref<Queue>),
    /// The driver, and the queue that it came from, if any.
    Driver(Option<Ref<Queue>>),
    /// Nobody.
    Completed,
}

/// What changes in a request's life.
pub(super) struct State {
    pub(super) place: Place,
    /// Whether the driver has seen it.
    pub(super) presented: bool,
    /// What `WdfRequestSetInformation` left.
    pub(super) information: u64,
    /// What to call when it is cancelled; set while it is marked cancelable.
    pub(super) marked: Option<CancelRoutine>,
    /// The WDFMEMORY for input and output, once the driver has asked for them.
    pub(super) memory: [Option<Ref<Memory>>; 2],
}

/// A request.
pub(crate) struct Request {
    irp: Arc<Irp>,
    device: Ref<Device>,
    pub(super) state: Mutex<State>,
}

impl Body for Request {
    const KIND: Kind = Kind::Request;
}

impl Request {
    /// The I/O manager's packet.
    pub(super) fn irp(&self) -> &Arc<Irp> {
        &self.irp
    }

    /// The device that it was sent to.
    pub(super) fn device(&self) -> &Ref<Device> {
        &self.device
    }

    /// The framework's object for the file that it was sent through, or NULL.
    pub(super) fn file(&self) -> Handle<File> {
        file::of(self.irp.file()).map_or(Handle::NULL, |file| file.handle())
    }

    /// The queue that has it or gave it to the driver.
    pub(super) fn queue(&self) -> Option<Ref<Queue>> {
        match &self.state.lock().place {
            Place::Waiting(queue) => Some(queue.clone()),
            Place::Driver(queue) => queue.clone(),
            Place::Arriving | Place::Completed => None,
        }
    }

    /// Puts it into other hands.
    pub(super) fn set_place(&self, place: Place) {
        let mut state = self.state.lock();
        state.presented |= matches!(place, Place::Driver(_));
        state.place = place;
    }

    /// Whether the driver has seen it.
    pub(super) fn was_presented(&self) -> bool {
        self.state.lock().presented
    }
}

impl Call {
    /// The request behind `handle`, which has to be the driver's; stops the machine otherwise.
    pub(super) fn owned_request(&self, handle: Handle<Request>) -> Ref<Request> {
        let request = self.object(handle, "Request");
        let owned = matches!(request.state.lock().place, Place::Driver(_));
        if !owned {
            self.violation(
                Violation::VerifierFatalError,
                handle.0,
                "the driver does not own the request: it waits in a queue",
            );
        }
        request
    }
}

/// A read, write or control request comes from the I/O manager.
pub(super) fn arrive(device: &Ref<Device>, irp: &Arc<Irp>) {
    let Some(request) = create(device, irp) else {
        return;
    };
    match device.init().in_caller_context {
        Some(function) => {
            request.set_place(Place::Driver(None));
            callback::run("EvtIoInCallerContext", device.value(), || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(device.handle(), request.handle()) }
            });
        }
        None => enqueue(&request),
    }
}

/// A create request comes from the I/O manager and is the driver's at once.
pub(super) fn arrive_create(
    device: &Ref<Device>,
    irp: &Arc<Irp>,
    present: impl FnOnce(Handle<Request>),
) {
    if let Some(request) = create(device, irp) {
        request.set_place(Place::Driver(None));
        present(request.handle());
    }
}

/// Makes the framework's object for an IRP; without memory for it the IRP is completed.
fn create(device: &Ref<Device>, irp: &Arc<Irp>) -> Option<Ref<Request>> {
    let body = Request {
        irp: irp.clone(),
        device: device.clone(),
        state: Mutex::new(State {
            place: Place::Arriving,
            presented: false,
            information: 0,
            marked: None,
            memory: [None, None],
        }),
    };
    let plan = Plan::below(device.object(), device.init().request_attributes.clone());
    match Object::create(device.object().binding(), plan, body) {
        Ok(request) => {
            cancel::listen(&request);
            Some(request)
        }
        Err(status) => {
            if irp.request() == io::Request::Create {
                file::create_failed(irp.file());
            }
            irp.complete(status, 0);
            None
        }
    }
}

/// Gives a request to the queue that is meant for it.
pub(super) fn enqueue(request: &Ref<Request>) {
    let Some(queue) = request.device.default_queue() else {
        return finish(request, NtStatus::INVALID_DEVICE_REQUEST, 0);
    };
    let is_empty = match request.irp.request() {
        io::Request::Read { length } | io::Request::Write { length } => length == 0,
        io::Request::Create | io::Request::DeviceControl { .. } => false,
    };
    if is_empty && !queue.allows_zero_length() {
        return finish(request, NtStatus::SUCCESS, 0);
    }
    match queue::insert(&queue, request) {
        Ok(()) => {}
        Err(Refusal::NotAccepting) => finish(request, NtStatus::INVALID_DEVICE_STATE, 0),
        Err(Refusal::Cancelled) => finish(request, NtStatus::CANCELLED, 0),
    }
}
