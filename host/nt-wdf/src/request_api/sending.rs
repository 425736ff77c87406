//! Requests that a driver has received and sends on to an I/O target.

use std::sync::{Arc, mpsc};

use nt_io::{Device, TargetIrp};
use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::completion::take;
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfIoTarget, WdfRequest};
use crate::io_target::{IoTargetBody, TargetDestination, Way};
use crate::object::Ref;
use crate::pointer::{In, Out};
use crate::request::{
    CompletionParams, CompletionRoutine, Place, RequestBody, SendTimeout, forward,
};
use crate::violation::Violation;
use crate::{callback, queue, status};

functions! {
    DISPATCH WdfRequestFormatRequestUsingCurrentType = format_current(request: WdfRequest);
    DISPATCH WdfRequestSetCompletionRoutine = set_routine(
        request: WdfRequest, routine: Option<CompletionRoutine>, context: usize);
    DISPATCH WdfRequestSend = send(
        request: WdfRequest, target: WdfIoTarget, options: In<SendOptions>) -> u8;
    DISPATCH WdfRequestCancelSentRequest = cancel_sent(request: WdfRequest) -> u8;
    DISPATCH WdfRequestGetCompletionParams = get_params(
        request: WdfRequest, params: Out<CompletionParams>);
}

/// `WDF_REQUEST_SEND_OPTIONS` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct SendOptions {
    pub(crate) size: u32,
    pub(crate) flags: u32,
    pub(crate) timeout: i64,
}

const _: () = assert!(size_of::<SendOptions>() == 16);

/// `WDF_REQUEST_SEND_OPTION_TIMEOUT`.
const TIMEOUT: u32 = 1;
/// `WDF_REQUEST_SEND_OPTION_SYNCHRONOUS`.
pub(crate) const SYNCHRONOUS: u32 = 2;
/// `WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE`.
const IGNORE_TARGET_STATE: u32 = 4;
/// `WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET`.
pub(crate) const SEND_AND_FORGET: u32 = 8;

/// The name of the callback.
const ROUTINE: &str = "EvtRequestCompletionRoutine";

fn format_current(call: &FrameworkCall, request: WdfRequest) {
    let request = call.owned_request(request);
    let is_formatted = request.irp().format_next();
    request.state.lock().sending.is_formatted = is_formatted;
}

fn set_routine(
    call: &FrameworkCall,
    request: WdfRequest,
    routine: Option<CompletionRoutine>,
    context: usize,
) {
    let request = call.owned_request(request);
    request.state.lock().sending.routine = routine.map(|routine| (routine, context));
}

fn get_params(call: &FrameworkCall, request: WdfRequest, params: Out<CompletionParams>) {
    let request = call.object(request, "Request");
    let params = params.required(call, "Params");
    let sending = request.state.lock().sending;
    params.set(sending.params);
}

/// Whether the request was sent. If not, the driver has it, and `WdfRequestGetStatus` says why.
fn send(
    call: &FrameworkCall,
    request: WdfRequest,
    target: WdfIoTarget,
    options: In<SendOptions>,
) -> u8 {
    let request = call.owned_request(request);
    let target = call.object(target, "Target");
    let sent =
        limits_of(call, options).and_then(|limits| try_send(call, &request, &target, limits));
    if let Err(status) = sent {
        request.state.lock().sending.params.status = status;
    }
    sent.is_ok().into()
}

/// The flags of the options, none for NULL, and the time that the target has, if it is limited.
pub(crate) fn limits_of(
    call: &FrameworkCall,
    options: In<SendOptions>,
) -> Result<(u32, Option<i64>), NtStatus> {
    if options.optional().is_none() {
        return Ok((0, None));
    }
    let options = options.sized(call, "Options")?;
    // A time of 0 is no limit.
    let is_limited = options.flags & TIMEOUT != 0 && options.timeout != 0;
    Ok((options.flags, is_limited.then_some(options.timeout)))
}

fn try_send(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    (flags, timeout): (u32, Option<i64>),
) -> Result<(), NtStatus> {
    let state = request.state.lock();
    let (is_marked, is_formatted) = (state.marked.is_some(), state.sending.is_formatted);
    drop(state);
    if is_marked {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is marked cancelable: unmark it first",
        );
    }
    let device = target
        .destination()
        .ok_or(NtStatus::INVALID_DEVICE_STATE)?
        .device;
    let way = target.way(flags & IGNORE_TARGET_STATE != 0)?;
    if flags & SEND_AND_FORGET != 0 {
        if request.is_created() {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        return forget(call, request, &device, way);
    }
    if !is_formatted {
        call.violation(
            Violation::VerifierFatalError,
            request.value(),
            "the request is not formatted for the target: \
             WdfRequestFormatRequestUsingCurrentType or WdfIoTargetFormatRequestForXxx comes first",
        );
    }
    if !request.is_created() && !request.irp().has_room_for(&device) {
        return Err(status::REQUEST_NOT_ACCEPTED);
    }
    if flags & SYNCHRONOUS == 0 {
        limit(request, target, timeout);
        begin(request, target, way, || {});
        return Ok(());
    }
    irql::require_at_most(call.function, Irql::PASSIVE);
    if way == Way::Wait {
        return Err(status::WDF_REQUEST_INVALID_STATE);
    }
    limit(request, target, timeout);
    let (sender, receiver) = mpsc::channel();
    begin(request, target, way, move || {
        // The receiver waits.
        let _ = sender.send(());
    });
    let _ = receiver.recv();
    Ok(())
}

/// Limits the time of a request that is about to be sent.
fn limit(request: &Ref<RequestBody>, target: &Ref<IoTargetBody>, timeout: Option<i64>) {
    let (limited, to) = (request.value(), target.clone());
    let timeout = timeout.map(|timeout| SendTimeout::start(timeout, move || to.cancel(limited)));
    request.state.lock().timeout = timeout;
}

/// Gives the request to the target for good.
fn forget(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    device: &Arc<Device>,
    way: Way,
) -> Result<(), NtStatus> {
    if way == Way::Wait {
        return Err(status::WDF_REQUEST_INVALID_STATE);
    }
    let queue = take(call, request);
    forward(request, device);
    if let Some(queue) = queue {
        queue::released(&queue, request.value());
    }
    Ok(())
}

/// Sends the request now, or when the target is started. `woken` is called when the driver has it again.
fn begin(
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    way: Way,
    woken: impl FnOnce() + Send + 'static,
) {
    let queue = request.queue_object();
    request.set_place(Place::Sent(queue));
    let (sent, to) = (request.clone(), target.clone());
    let go = move |cancelled: bool| match to.destination().filter(|_| !cancelled) {
        Some(destination) if sent.is_created() => {
            send_created(&sent, &to, &destination, woken);
        }
        Some(destination) => send_received(&sent, &to, &destination, woken),
        None => {
            give_back(&sent, &to, NtStatus::CANCELLED, 0);
            woken();
        }
    };
    match way {
        Way::Go => go(false),
        Way::Wait => {
            target.wait(request.value(), Box::new(go));
            cancel_late(request, target);
        }
    }
}

/// Cancels a request whose time was up before the target had it.
fn cancel_late(request: &Ref<RequestBody>, target: &IoTargetBody) {
    let timeout = request.state.lock().timeout.clone();
    if timeout.is_some_and(|timeout| timeout.is_over()) {
        target.cancel(request.value());
    }
}

/// Sends the IRP of a request that the driver has received.
fn send_received(
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    destination: &TargetDestination,
    woken: impl FnOnce() + Send + 'static,
) {
    let irp = request.irp();
    let cancelled = irp.clone();
    let cancel = move || {
        // It comes back anyhow.
        let _ = nt_io::cancel(&cancelled);
    };
    target.enter(request.value(), Arc::new(cancel));
    cancel_late(request, target);
    let (back, from) = (request.clone(), target.clone());
    let returned = move || {
        let (status, information) = back.irp().outcome();
        give_back(&back, &from, status, information);
        woken();
    };
    irp.send_to(&destination.device, Box::new(returned));
}

/// Makes an IRP for a request that the driver has created, and sends it.
fn send_created(
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    destination: &TargetDestination,
    woken: impl FnOnce() + Send + 'static,
) {
    let formatted = request.state.lock().sending.call;
    let (back, from) = (request.clone(), target.clone());
    let (woken, unsent) = {
        let woken = Arc::new(Mutex::new(Some(woken)));
        (woken.clone(), woken)
    };
    let made = formatted
        .ok_or(NtStatus::INVALID_DEVICE_REQUEST)
        .and_then(|asked| {
            let done = move |status, information| {
                give_back(&back, &from, status, information);
                wake(&woken);
            };
            let file = destination.file.as_deref();
            TargetIrp::new(&destination.device, file, asked, Box::new(done))
        });
    match made {
        Ok(irp) => {
            let packet = irp.id();
            request.state.lock().sending.packet = Some(packet);
            let cancel = move || {
                // It comes back anyhow.
                let _ = nt_io::cancel_irp(packet);
            };
            target.enter(request.value(), Arc::new(cancel));
            cancel_late(request, target);
            irp.send();
        }
        Err(status) => {
            give_back(request, target, status, 0);
            wake(&unsent);
        }
    }
}

/// Calls what is called once.
fn wake(woken: &Mutex<Option<impl FnOnce()>>) {
    let woken = woken.lock().take();
    if let Some(woken) = woken {
        woken();
    }
}

/// The target has completed the request: the driver has it again, and its routine is called.
fn give_back(
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    status: NtStatus,
    information: u64,
) {
    if !request.is_created() {
        request.irp().receive();
        queue::listen(request);
    }
    let queue = request.queue_object();
    let timeout = request.state.lock().timeout.take();
    let status = timeout.map_or(status, |timeout| timeout.end(status));
    let mut state = request.state.lock();
    state.sending.is_formatted = false;
    state.sending.params.complete(status, information);
    state.sending.packet = None;
    let params = state.sending.params;
    let routine = state.sending.routine.take();
    drop(state);
    target.leave(request.value());
    request.set_place(Place::Driver(queue));
    if let Some((routine, context)) = routine {
        if !request.is_created() {
            request.irp().given_to(ROUTINE, routine as usize);
        }
        callback::run(ROUTINE, request.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe {
                routine(
                    request.handle(),
                    target.handle(),
                    &raw const params,
                    context,
                );
            }
        });
    }
}

/// Whether the request was with a target. It comes back, cancelled or not.
fn cancel_sent(call: &FrameworkCall, request: WdfRequest) -> u8 {
    let request = call.object(request, "Request");
    let state = request.state.lock();
    let is_sent = matches!(state.place, Place::Sent(_));
    let packet = state.sending.packet;
    drop(state);
    if request.is_created() {
        packet.map(nt_io::cancel_irp);
        return is_sent.into();
    }
    (is_sent && nt_io::cancel(&request.irp())).into()
}
