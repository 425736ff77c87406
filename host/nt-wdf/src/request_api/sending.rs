//! Requests that a driver has received and sends on to an I/O target.

use std::sync::{Arc, mpsc};

use nt_io::{Device, TargetIrp};
use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::completion::take;
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfIoTarget, WdfRequest};
use crate::io_target::{Admission, IoTargetBody, TargetDestination};
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
    let request = call.request_to_send(request);
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

pub(super) fn try_send(
    call: &FrameworkCall,
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    (flags, timeout): (u32, Option<i64>),
) -> Result<(), NtStatus> {
    const MARKED: Rule = Rule::named("targets::a_marked_request_is_sent");
    const UNFORMATTED: Rule = Rule::named("targets::a_request_is_sent_without_a_format");
    const NO_ROUTINE: Rule = Rule::named("targets::a_request_is_sent_without_a_routine");
    let state = request.state.lock();
    let (is_marked, is_formatted) = (state.marked.is_some(), state.sending.is_formatted);
    let has_routine = state.sending.routine.is_some();
    drop(state);
    if is_marked {
        let words = "the request is marked cancelable: unmark it first";
        call.broken(
            MARKED,
            Violation::VerifierFatalError,
            request.value(),
            words,
        );
    }
    let needs_routine = flags & (SYNCHRONOUS | SEND_AND_FORGET) == 0 && !request.is_created();
    if needs_routine && !has_routine {
        call.broken(
            NO_ROUTINE,
            Violation::VerifierFatalError,
            request.value(),
            "the request was received, and has no completion routine that completes it: \
             WdfRequestSetCompletionRoutine comes first",
        );
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let device = target
        .destination()
        .ok_or(NtStatus::INVALID_DEVICE_STATE)?
        .device;
    if flags & SEND_AND_FORGET != 0 {
        if request.is_created() {
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        forget(call, request, &device);
        return Ok(());
    }
    if !is_formatted {
        call.broken(
            UNFORMATTED,
            Violation::VerifierFatalError,
            request.value(),
            "the request is not formatted for the target: \
             WdfRequestFormatRequestUsingCurrentType or WdfIoTargetFormatRequestForXxx comes first",
        );
        return Err(status::REQUEST_NOT_ACCEPTED);
    }
    if !request.is_created() && !request.irp().has_room_for(&device) {
        return Err(status::REQUEST_NOT_ACCEPTED);
    }
    let ignores_state = flags & IGNORE_TARGET_STATE != 0;
    if flags & SYNCHRONOUS == 0 {
        return begin(request, target, (ignores_state, timeout), || {});
    }
    irql::require_at_most(call.function.name, Irql::PASSIVE);
    let (sender, receiver) = mpsc::channel();
    begin(request, target, (ignores_state, timeout), move || {
        // The receiver waits.
        let _ = sender.send(());
    })?;
    let _ = receiver.recv();
    Ok(())
}

/// Gives the request to the target for good, whatever the target's state is.
fn forget(call: &FrameworkCall, request: &Ref<RequestBody>, device: &Arc<Device>) {
    let queue = take(call, request);
    forward(request, device);
    if let Some(queue) = queue {
        queue::released(&queue, request.value());
    }
}

/// Sends the request now, or when the target is started. `woken` is called when the driver has it again.
///
/// # Errors
///
/// The target takes none any more: the driver has the request still.
fn begin(
    request: &Ref<RequestBody>,
    target: &Ref<IoTargetBody>,
    (ignores_state, timeout): (bool, Option<i64>),
    woken: impl FnOnce() + Send + 'static,
) -> Result<(), NtStatus> {
    let queue = request.queue_object();
    let (limited, to) = (request.value(), target.clone());
    let timeout = timeout.map(|timeout| SendTimeout::start(timeout, move || to.cancel(limited)));
    request.set_place(Place::Sent(queue.clone()));
    let mut state = request.state.lock();
    state.target = Some(target.clone());
    state.timeout = timeout;
    state.sending.is_cancelled = false;
    drop(state);
    let (sent, to) = (request.clone(), target.clone());
    let go = move |admission: Admission| match to.destination() {
        Some(destination) if admission == Admission::Send && sent.is_created() => {
            send_created(&sent, &to, &destination, woken);
        }
        Some(destination) if admission == Admission::Send => {
            send_received(&sent, &to, &destination, woken);
        }
        _ => {
            give_back(&sent, &to, NtStatus::CANCELLED, 0);
            woken();
        }
    };
    let admitted = target.admit(request.value(), ignores_state, Box::new(go));
    match admitted {
        Ok(()) => cancel_late(request, target),
        Err(status) => {
            // The answer is that of the send.
            let _ = take_back(request, status);
            request.set_place(Place::Driver(queue));
        }
    }
    admitted
}

/// Cancels a request that was to be cancelled before the target had it.
fn cancel_late(request: &Ref<RequestBody>, target: &IoTargetBody) {
    let state = request.state.lock();
    let is_sent = matches!(state.place, Place::Sent(_));
    let is_late = state.timeout.as_ref().is_some_and(|limit| limit.is_over());
    let is_cancelled = state.sending.is_cancelled;
    drop(state);
    if is_sent && (is_late || is_cancelled || request.is_cancelled()) {
        target.cancel(request.value());
    }
}

/// The target has the request no longer. The status that the driver sees.
fn take_back(request: &Ref<RequestBody>, status: NtStatus) -> NtStatus {
    let mut state = request.state.lock();
    state.target = None;
    let timeout = state.timeout.take();
    drop(state);
    timeout.map_or(status, |timeout| timeout.end(status))
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
            let id = irp.id();
            let cancel = move || nt_io::cancel_irp(id);
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
    let status = take_back(request, status);
    let mut state = request.state.lock();
    state.sending.is_formatted = false;
    state.sending.params.complete(status, information);
    let params = state.sending.params;
    let routine = state.sending.routine.take();
    drop(state);
    // A driver that waits for what it has sent may use the request at once.
    request.set_place(Place::Driver(queue));
    target.leave(request.value());
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
    target.routine_returned();
}

/// Whether the request was with a target. It comes back, cancelled or not.
fn cancel_sent(call: &FrameworkCall, request: WdfRequest) -> u8 {
    let request = call.object(request, "Request");
    let mut state = request.state.lock();
    state.sending.is_cancelled = true;
    let target = state.target.clone();
    drop(state);
    let Some(target) = target else {
        return 0;
    };
    target.cancel(request.value());
    1
}
