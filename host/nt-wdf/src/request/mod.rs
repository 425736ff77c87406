//! WDFREQUEST: an I/O request, from its arrival to its one completion.

mod completion;
mod parameters;
mod send_timeout;
mod sending;

use std::sync::Arc;

use nt_io::Irp;
use nt_kernel::fault;
use nt_kernel::on_windows::Rule;
use nt_kernel::verification;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::file;
use crate::handle::{Handle, Kind, WdfFileObject, WdfRequest, tag};
use crate::io_target::IoTargetBody;
use crate::memory::MemoryBody;
use crate::object::{Attributes, Body, HandleTag, Object, ObjectPlan, Ref};
use crate::violation::{self, Violation};
pub(crate) use completion::{end, finish, forward};
pub(crate) use parameters::{RequestParameters, request_type, type_of};
pub(crate) use send_timeout::SendTimeout;
pub(crate) use sending::{CompletionParams, CompletionRoutine, Sending};

/// `EvtRequestCancel`.
pub(crate) type CancelRoutine = unsafe extern "win64" fn(WdfRequest);

/// The owner of a request.
#[derive(Clone)]
pub(crate) enum Place {
    /// The framework: the request has just arrived.
    Arriving,
    /// This WDFQUEUE.
    Waiting(Arc<Object>),
    /// The driver, and the WDFQUEUE that it came from, if any.
    Driver(Option<Arc<Object>>),
    /// An I/O target; the driver gets it back, and the WDFQUEUE that it came from still counts it.
    Sent(Option<Arc<Object>>),
    /// No owner: the request has been completed.
    Completed,
}

impl Place {
    /// Why a request that is there is not the driver's to use, with the violation that it is.
    const fn why_not_the_drivers(&self) -> Option<(Violation, &'static str)> {
        match self {
            Self::Driver(_) => None,
            Self::Completed => Some((
                Violation::InvalidHandle,
                "the request has been completed, and is in reserve for another one",
            )),
            Self::Sent(_) => Some((Violation::VerifierFatalError, SENT)),
            Self::Arriving | Self::Waiting(_) => Some((Violation::VerifierFatalError, NOT_OWNED)),
        }
    }
}

/// A queue that keeps requests in reserve, and takes each back when it has been completed.
pub(crate) trait RequestReserve: Send + Sync {
    /// Takes back a request that has been completed.
    fn take_back(&self, request: &Ref<RequestBody>);
}

/// The state of a request.
pub(crate) struct RequestState {
    pub(crate) place: Place,
    /// Whether the driver has seen it.
    pub(crate) presented: bool,
    /// Whether `EvtIoInCallerContext` has it: the caller's own addresses are valid.
    pub(crate) in_caller_context: bool,
    /// The value that `WdfRequestSetInformation` has set.
    pub(crate) information: u64,
    /// The routine to call when the request is cancelled; set while the request is marked
    /// cancelable.
    pub(crate) marked: Option<CancelRoutine>,
    /// The WDFMEMORY for input and output, once the driver has asked for them.
    pub(crate) memory: [Option<Ref<MemoryBody>>; 2],
    /// What concerns its way to an I/O target.
    pub(crate) sending: Sending,
    /// The I/O target that it has been sent to, until the driver gets it back.
    pub(crate) target: Option<Ref<IoTargetBody>>,
    /// The time that the target has, if it is limited.
    pub(crate) timeout: Option<Arc<SendTimeout>>,
}

/// A request.
pub(crate) struct RequestBody {
    /// None for one in reserve, between its uses.
    irp: Mutex<Option<Arc<Irp>>>,
    device: Ref<DeviceBody>,
    /// The queue that has it in reserve, if one has.
    reserve: Option<Box<dyn RequestReserve>>,
    /// Whether the driver has created it, to send it.
    is_created: bool,
    pub(crate) state: Mutex<RequestState>,
}

impl HandleTag for tag::Request {
    type Body = RequestBody;
}

impl Body for RequestBody {
    const KIND: Kind = Kind::Request;
    type Tag = tag::Request;
}

impl RequestBody {
    /// The I/O manager's packet.
    pub(crate) fn irp(&self) -> Arc<Irp> {
        self.with_irp(Arc::clone)
    }

    /// Looks at the I/O manager's packet.
    pub(crate) fn with_irp<R>(&self, look: impl FnOnce(&Arc<Irp>) -> R) -> R {
        let irp = self.irp.lock();
        if let Some(irp) = &*irp {
            return look(irp);
        }
        drop(irp);
        violation::stop(Violation::InvalidHandle, 0, 0, UNUSED.to_owned())
    }

    /// The I/O manager's packet, for what Windows answers without one, too. `None` if the request serves
    /// no I/O request, and Windows goes on.
    pub(crate) fn used_irp(&self) -> Option<Arc<Irp>> {
        const RULE: Rule = Rule::named("queues::a_request_in_reserve_is_used");
        let irp = self.irp.lock().clone();
        if irp.is_none() {
            violation::broken(RULE, Violation::InvalidHandle, 0, UNUSED.to_owned());
        }
        irp
    }

    /// Whether a queue has it in reserve.
    pub(crate) fn is_reserved(&self) -> bool {
        self.reserve.is_some()
    }

    /// Whether the driver has created it, to send it.
    pub(crate) fn is_created(&self) -> bool {
        self.is_created
    }

    /// Why the driver cannot delete it.
    pub(crate) fn why_it_stays(&self) -> Option<&'static str> {
        if !self.is_created {
            return Some("a request that came from the I/O manager ends by completion");
        }
        let is_sent = matches!(self.state.lock().place, Place::Sent(_));
        is_sent.then_some(SENT)
    }

    /// The device that it was sent to.
    pub(crate) fn device(&self) -> &Ref<DeviceBody> {
        &self.device
    }

    /// The framework's object for the file that it was sent through, or NULL.
    pub(crate) fn file(&self) -> WdfFileObject {
        let irp = self.irp();
        let file = irp.file().and_then(|file| file::of(&self.device, file));
        file.map_or(Handle::NULL, |file| file.handle())
    }

    /// The queue that has it or gave it to the driver.
    pub(crate) fn queue_object(&self) -> Option<Arc<Object>> {
        match &self.state.lock().place {
            Place::Waiting(queue) => Some(queue.clone()),
            Place::Driver(queue) | Place::Sent(queue) => queue.clone(),
            Place::Arriving | Place::Completed => None,
        }
    }

    /// Changes its owner.
    pub(crate) fn set_place(&self, place: Place) {
        let mut state = self.state.lock();
        state.presented |= matches!(place, Place::Driver(_));
        state.place = place;
    }

    /// The driver has left the caller's context, or gives the request to a queue, which may.
    pub(crate) fn leave_caller(&self) {
        self.state.lock().in_caller_context = false;
        let irp = self.irp.lock().clone();
        if let Some(irp) = irp {
            irp.leave_caller();
        }
    }

    /// Makes it the driver's without a queue.
    pub(crate) fn become_the_drivers(&self) {
        self.set_place(Place::Driver(None));
    }

    /// Whether the caller of its I/O request has cancelled that. False for one that serves none.
    pub(crate) fn is_cancelled(&self) -> bool {
        let irp = self.irp.lock().clone();
        irp.is_some_and(|irp| irp.is_cancelled())
    }

    /// The I/O target that it has been sent to.
    pub(crate) fn target(&self) -> Option<Ref<IoTargetBody>> {
        self.state.lock().target.clone()
    }

    /// Whether the driver has seen it.
    pub(crate) fn was_presented(&self) -> bool {
        self.state.lock().presented
    }
}

/// What is wrong with a request that serves no I/O request.
const UNUSED: &str = "a request that serves no I/O request is used as one that was received: it is in \
                      reserve, or the driver has created it";
/// What is wrong with a request that waits in a queue.
const NOT_OWNED: &str = "the driver does not own the request: it waits in a queue";
/// What is wrong with a request that an I/O target has.
const SENT: &str = "the request has been sent to an I/O target, which has not completed it";
/// `WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT`.
const ALREADY_SENT: usize = 3;

impl FrameworkCall {
    /// The request behind `handle`, which the driver completes. `None` if the driver does not own it,
    /// and Windows goes on.
    pub(crate) fn request_to_complete(&self, handle: WdfRequest) -> Option<Ref<RequestBody>> {
        const WAITS: Rule = Rule::named("requests::a_request_that_waits_is_completed");
        const IS_SENT: Rule = Rule::named("targets::a_sent_request_is_completed");
        const CREATED: Rule = Rule::named("targets::a_created_request_is_completed");
        let request = self.object(handle, "Request");
        let wrong = match request.state.lock().place {
            Place::Arriving | Place::Waiting(_) => Some((WAITS, NOT_OWNED)),
            Place::Sent(_) => Some((IS_SENT, SENT)),
            Place::Driver(_) | Place::Completed => request.is_created().then_some((
                CREATED,
                "the driver has created the request: WdfObjectDelete ends it",
            )),
        };
        let Some((rule, words)) = wrong else {
            return Some(self.owned_request(handle));
        };
        self.broken(rule, Violation::VerifierFatalError, handle.0, words);
        None
    }

    /// The request behind `handle`, which the driver sends to an I/O target; stops the host if it does
    /// not own it.
    pub(crate) fn request_to_send(&self, handle: WdfRequest) -> Ref<RequestBody> {
        let request = self.object(handle, "Request");
        let is_sent = matches!(request.state.lock().place, Place::Sent(_));
        if is_sent {
            violation::stop(
                Violation::RequestFatalError,
                ALREADY_SENT,
                handle.0 as u64,
                format!("{}: {SENT}", self.function.name),
            );
        }
        self.owned_request(handle)
    }

    /// The request behind `handle`, which has to be the driver's; stops the host otherwise.
    pub(crate) fn owned_request(&self, handle: WdfRequest) -> Ref<RequestBody> {
        let (request, ()) = self.owned_request_with(handle, |_| ());
        request
    }

    /// As [`FrameworkCall::owned_request`], with what `look` finds in its state.
    pub(crate) fn owned_request_with<R>(
        &self,
        handle: WdfRequest,
        look: impl FnOnce(&RequestState) -> R,
    ) -> (Ref<RequestBody>, R) {
        let request = self.object(handle, "Request");
        let state = request.state.lock();
        if let Some((violation, rule)) = state.place.why_not_the_drivers() {
            drop(state);
            self.violation(violation, handle.0, rule);
        }
        let found = look(&state);
        drop(state);
        if verification::is_on() && !request.is_created() {
            request.with_irp(|irp| irp.used_by(self.function.name));
        }
        (request, found)
    }
}

/// The framework's object for an IRP.
///
/// # Errors
///
/// No memory.
pub(crate) fn ordinary(
    device: &Ref<DeviceBody>,
    irp: &Arc<Irp>,
) -> Result<Ref<RequestBody>, NtStatus> {
    let attributes = device.init().request_attributes.clone();
    let request = object(device, None, false, attributes)?;
    request.begin(irp);
    Ok(request)
}

/// A request of `device` that `reserve` keeps.
///
/// # Errors
///
/// No memory.
pub(crate) fn reserved(
    device: &Ref<DeviceBody>,
    reserve: Box<dyn RequestReserve>,
) -> Result<Ref<RequestBody>, NtStatus> {
    let attributes = device.init().request_attributes.clone();
    let request = object(device, Some(reserve), false, attributes)?;
    request.set_place(Place::Completed);
    request.state.lock().presented = true;
    Ok(request)
}

/// A request that the driver creates for its device, to send it.
///
/// # Errors
///
/// No memory, or a parent that is being deleted.
pub(crate) fn created(
    device: &Ref<DeviceBody>,
    attributes: Attributes,
) -> Result<Ref<RequestBody>, NtStatus> {
    let request = object(device, None, true, attributes)?;
    request.become_the_drivers();
    Ok(request)
}

fn object(
    device: &Ref<DeviceBody>,
    reserve: Option<Box<dyn RequestReserve>>,
    is_created: bool,
    attributes: Attributes,
) -> Result<Ref<RequestBody>, NtStatus> {
    if fault::inject(Kind::Request.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let body = RequestBody {
        irp: Mutex::new(None),
        device: device.clone(),
        reserve,
        is_created,
        state: Mutex::new(RequestState {
            place: Place::Arriving,
            presented: false,
            in_caller_context: false,
            information: 0,
            marked: None,
            memory: [None, None],
            sending: Sending::default(),
            target: None,
            timeout: None,
        }),
    };
    let plan = ObjectPlan::below(device.object(), attributes);
    Object::create(device.object().binding(), plan, body)
}

impl Ref<RequestBody> {
    /// It serves this IRP from now on.
    pub(crate) fn begin(&self, irp: &Arc<Irp>) {
        *self.irp.lock() = Some(irp.clone());
        let mut state = self.state.lock();
        state.place = Place::Arriving;
        state.information = 0;
        state.sending = Sending::default();
    }

    /// It has been completed. One in reserve serves the next.
    pub(crate) fn over(&self) {
        if let Some(reserve) = &self.reserve {
            *self.irp.lock() = None;
            reserve.take_back(self);
        }
    }
}
