//! WDFREQUEST: an I/O request, from its arrival to its one completion.

mod buffers;
mod cancel;
mod complete;
mod parameters;
mod user_buffers;

use std::sync::Arc;

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::call::Call;
use super::callback;
use super::device::Device;
use super::dispatching;
use super::file::{self, File};
use super::functions::Function;
use super::handle::{Handle, Kind};
use super::memory::Memory;
use super::object::{Body, Object, Plan, Ref};
use super::queue::{self, DriverError, Queue};
use super::violation::{self, Violation};
use crate::io::{self, Irp};
use crate::kernel::fault;

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
        user_buffers::functions(),
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
    /// Whether `EvtIoInCallerContext` has it: the caller's own addresses are valid.
    pub(super) in_caller_context: bool,
    /// What `WdfRequestSetInformation` left.
    pub(super) information: u64,
    /// What to call when it is cancelled; set while it is marked cancelable.
    pub(super) marked: Option<CancelRoutine>,
    /// The WDFMEMORY for input and output, once the driver has asked for them.
    pub(super) memory: [Option<Ref<Memory>>; 2],
}

/// A request.
pub(crate) struct Request {
    /// None for one in reserve, between its uses.
    irp: Mutex<Option<Arc<Irp>>>,
    device: Ref<Device>,
    /// The queue that has it in reserve, if one has.
    reserve: Option<Ref<Queue>>,
    pub(super) state: Mutex<State>,
}

impl Body for Request {
    const KIND: Kind = Kind::Request;
}

impl Request {
    /// The I/O manager's packet.
    pub(super) fn irp(&self) -> Arc<Irp> {
        self.irp.lock().clone().unwrap_or_else(|| {
            violation::stop(
                Violation::InvalidHandle,
                0,
                0,
                "a request that is in reserve, and serves no I/O request, is used".to_owned(),
            )
        })
    }

    /// Whether a queue has it in reserve.
    pub(super) fn is_reserved(&self) -> bool {
        self.reserve.is_some()
    }

    /// The device that it was sent to.
    pub(super) fn device(&self) -> &Ref<Device> {
        &self.device
    }

    /// The framework's object for the file that it was sent through, or NULL.
    pub(super) fn file(&self) -> Handle<File> {
        file::of(self.irp().file()).map_or(Handle::NULL, |file| file.handle())
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

    /// The driver has left the caller's context, or gives the request to a queue, which may.
    pub(super) fn leave_caller(&self) {
        self.state.lock().in_caller_context = false;
        let irp = self.irp.lock().clone();
        if let Some(irp) = irp {
            irp.leave_caller();
        }
    }

    /// Makes it the driver's without a queue.
    pub(super) fn become_the_drivers(&self) {
        self.set_place(Place::Driver(None));
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
        let place = request.state.lock().place.clone();
        match place {
            Place::Driver(_) => {
                request.irp().used_by(self.function);
                request
            }
            Place::Completed => self.violation(
                Violation::InvalidHandle,
                handle.0,
                "the request has been completed, and is in reserve for another one",
            ),
            Place::Arriving | Place::Waiting(_) => self.violation(
                Violation::VerifierFatalError,
                handle.0,
                "the driver does not own the request: it waits in a queue",
            ),
        }
    }
}

const IN_CALLER_CONTEXT: &str = "EvtIoInCallerContext";

/// A read, write or control request comes from the I/O manager.
pub(super) fn arrive(device: &Ref<Device>, irp: &Arc<Irp>) {
    let reserving = dispatching::queue_for(device, irp.request());
    let reserving = reserving.filter(|queue| queue::has_reserve(queue));
    let request = match reserving {
        Some(queue) => queue::request_for(&queue, irp),
        None => create(device, irp),
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

/// A create request comes from the I/O manager.
pub(super) fn arrive_create(
    device: &Ref<Device>,
    irp: &Arc<Irp>,
    present: impl FnOnce(&Ref<Request>),
) {
    if let Some(request) = create(device, irp) {
        present(&request);
    }
}

/// Makes the framework's object for an IRP; without memory for it the IRP is completed.
fn create(device: &Ref<Device>, irp: &Arc<Irp>) -> Option<Ref<Request>> {
    match ordinary(device, irp) {
        Ok(request) => Some(request),
        Err(status) => {
            if irp.request() == io::Request::Create {
                file::create_failed(irp.file());
            }
            irp.complete(status, 0);
            None
        }
    }
}

/// The framework's object for an IRP.
///
/// # Errors
///
/// No memory.
pub(super) fn ordinary(device: &Ref<Device>, irp: &Arc<Irp>) -> Result<Ref<Request>, NtStatus> {
    let request = object(device, None)?;
    request.begin(irp);
    Ok(request)
}

/// One for the reserve of `queue`.
///
/// # Errors
///
/// No memory.
pub(super) fn reserved(queue: &Ref<Queue>) -> Result<Ref<Request>, NtStatus> {
    let request = object(queue.device(), Some(queue.clone()))?;
    request.set_place(Place::Completed);
    request.state.lock().presented = true;
    Ok(request)
}

fn object(device: &Ref<Device>, reserve: Option<Ref<Queue>>) -> Result<Ref<Request>, NtStatus> {
    if fault::inject(Kind::Request.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let body = Request {
        irp: Mutex::new(None),
        device: device.clone(),
        reserve,
        state: Mutex::new(State {
            place: Place::Arriving,
            presented: false,
            in_caller_context: false,
            information: 0,
            marked: None,
            memory: [None, None],
        }),
    };
    let plan = Plan::below(device.object(), device.init().request_attributes.clone());
    Object::create(device.object().binding(), plan, body)
}

impl Ref<Request> {
    /// It serves this IRP from now on.
    pub(super) fn begin(&self, irp: &Arc<Irp>) {
        *self.irp.lock() = Some(irp.clone());
        let mut state = self.state.lock();
        state.place = Place::Arriving;
        state.information = 0;
        drop(state);
        cancel::listen(self);
    }

    /// It has been completed. One in reserve serves the next.
    pub(super) fn over(&self) {
        if let Some(queue) = &self.reserve {
            *self.irp.lock() = None;
            queue::give_back(queue, self);
        }
    }
}

/// Gives a request to the queue that is meant for it.
pub(super) fn enqueue(request: &Ref<Request>) {
    let Some(queue) = dispatching::queue_for(&request.device, request.irp().request()) else {
        return finish(request, NtStatus::INVALID_DEVICE_REQUEST, 0);
    };
    let is_empty = match request.irp().request() {
        io::Request::Read { length } | io::Request::Write { length } => length == 0,
        io::Request::Create | io::Request::DeviceControl { .. } => false,
    };
    if is_empty && !queue.allows_zero_length() {
        return finish(request, NtStatus::SUCCESS, 0);
    }
    enter(&queue, request);
}

/// Puts a request into a queue, or ends it if that takes none.
pub(super) fn enter(queue: &Ref<Queue>, request: &Ref<Request>) {
    match queue::insert(queue, request) {
        Ok(()) => {}
        Err(DriverError::NotAccepting) => finish(request, NtStatus::INVALID_DEVICE_STATE, 0),
        Err(DriverError::Cancelled) => finish(request, NtStatus::CANCELLED, 0),
    }
}
