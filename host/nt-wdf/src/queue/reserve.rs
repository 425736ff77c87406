//! Forward progress: requests that a queue keeps in reserve, for when there is no memory for others.

use std::collections::VecDeque;
use std::sync::Arc;

use nt_io::{FileHandle, Irp};
use nt_types::status::NtStatus;

use super::{QueueBody, cancellation, delivery};
use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfQueue, WdfRequest};
use crate::object::{Ref, deletion};
use crate::pointer::In;
use crate::request::{self, RequestBody, RequestReserve};
use crate::{callback, status};

functions! {
    PASSIVE WdfIoQueueAssignForwardProgressPolicy = assign_policy(
        queue: WdfQueue, policy: In<ForwardProgressPolicy>) -> NtStatus;
}

/// `EvtIoAllocateResourcesForReservedRequest`, `EvtIoAllocateRequestResources`.
type Allocate = unsafe extern "win64" fn(WdfQueue, WdfRequest) -> NtStatus;
/// `EvtIoWdmIrpForForwardProgress`.
type Examine = unsafe extern "win64" fn(WdfQueue, usize) -> i32;

/// `WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ForwardProgressPolicy {
    size: u32,
    total: u32,
    policy: i32,
    examine: Option<Examine>,
    allocate_for_reserved: Option<Allocate>,
    allocate: Option<Allocate>,
}

const _: () = assert!(size_of::<ForwardProgressPolicy>() == 40);

/// `WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest`.
const ALWAYS: i32 = 1;
/// `WdfIoForwardProgressReservedPolicyUseExamine`.
const EXAMINE: i32 = 2;
/// `WdfIoForwardProgressActionFailRequest`.
const FAIL_REQUEST: i32 = 1;
/// `WdfIoForwardProgressActionUseReservedRequest`.
const USE_RESERVED: i32 = 2;

/// The reserved requests of a queue.
pub(super) struct Reserve {
    policy: ForwardProgressPolicy,
    /// All reserved requests, to delete them with the queue.
    all: Vec<Ref<RequestBody>>,
    free: Vec<Ref<RequestBody>>,
    /// The IRPs that arrived when no request was free.
    pended: VecDeque<Arc<Irp>>,
}

fn assign_policy(
    call: &FrameworkCall,
    queue: WdfQueue,
    policy: In<ForwardProgressPolicy>,
) -> NtStatus {
    let queue = call.object(queue, "Queue");
    policy.required(call, "ForwardProgressPolicy");
    if has_reserve(&queue) {
        return NtStatus::INVALID_PARAMETER;
    }
    let checked = policy.sized(call, "ForwardProgressPolicy").and_then(check);
    status::from_result(checked.and_then(|policy| fill(&queue, policy)))
}

fn check(policy: ForwardProgressPolicy) -> Result<ForwardProgressPolicy, NtStatus> {
    let examines_nothing = policy.policy == EXAMINE && policy.examine.is_none();
    if examines_nothing || policy.total == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(policy)
}

/// Makes the reserved requests and lets the driver allocate its resources for each.
fn fill(queue: &Ref<QueueBody>, policy: ForwardProgressPolicy) -> Result<(), NtStatus> {
    let mut all = Vec::new();
    for _ in 0..policy.total {
        match reserved_request(queue, policy.allocate_for_reserved) {
            Ok(request) => all.push(request),
            Err(status) => {
                delete_all(all);
                return Err(status);
            }
        }
    }
    queue.state.lock().reserve = Some(Reserve {
        policy,
        free: all.clone(),
        all,
        pended: VecDeque::new(),
    });
    Ok(())
}

fn reserved_request(
    queue: &Ref<QueueBody>,
    allocate: Option<Allocate>,
) -> Result<Ref<RequestBody>, NtStatus> {
    let request = request::reserved(queue.device(), Box::new(queue.clone()))?;
    let name = "EvtIoAllocateResourcesForReservedRequest";
    if let Err(status) = call_allocate(name, queue, &request, allocate) {
        delete_all(vec![request]);
        return Err(status);
    }
    Ok(request)
}

fn call_allocate(
    name: &str,
    queue: &Ref<QueueBody>,
    request: &Ref<RequestBody>,
    allocate: Option<Allocate>,
) -> Result<(), NtStatus> {
    let Some(function) = allocate else {
        return Ok(());
    };
    let status = callback::run(name, queue.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(queue.handle(), request.handle()) }
    });
    status.into_result()
}

fn delete_all(requests: Vec<Ref<RequestBody>>) {
    for request in requests {
        deletion::delete(request.object());
    }
}

/// Whether the queue has requests in reserve.
pub(crate) fn has_reserve(queue: &QueueBody) -> bool {
    queue.state.lock().reserve.is_some()
}

/// The request for an IRP that arrives at a queue with a reserve. `None` if the IRP waits for a
/// reserved request, or has been completed.
pub(crate) fn request_for(queue: &Ref<QueueBody>, irp: &Arc<Irp>) -> Option<Ref<RequestBody>> {
    let allocate = queue.state.lock().reserve.as_ref()?.policy.allocate;
    if let Ok(request) = request::ordinary(queue.device(), irp) {
        cancellation::listen(&request);
        let name = "EvtIoAllocateRequestResources";
        match call_allocate(name, queue, &request, allocate) {
            Ok(()) => return Some(request),
            Err(_) => deletion::delete(request.object()),
        }
    }
    if !may_use_reserve(queue, irp) {
        irp.complete(NtStatus::UNSUCCESSFUL, 0);
        return None;
    }
    take_or_pend(queue, irp)
}

/// Whether the policy gives this IRP a reserved request. No IRP of this host is paging I/O.
fn may_use_reserve(queue: &Ref<QueueBody>, irp: &Arc<Irp>) -> bool {
    let state = queue.state.lock();
    let Some(policy) = state.reserve.as_ref().map(|reserve| reserve.policy) else {
        return false;
    };
    drop(state);
    match (policy.policy, policy.examine) {
        (ALWAYS, _) => true,
        (EXAMINE, Some(function)) => {
            let packet = irp.packet_address();
            let name = "EvtIoWdmIrpForForwardProgress";
            let action = callback::run(name, queue.value(), || {
                // SAFETY: the driver gave this function for exactly this call.
                unsafe { function(queue.handle(), packet) }
            });
            debug_assert!((FAIL_REQUEST..=USE_RESERVED).contains(&action));
            action == USE_RESERVED
        }
        _ => false,
    }
}

fn take_or_pend(queue: &Ref<QueueBody>, irp: &Arc<Irp>) -> Option<Ref<RequestBody>> {
    let mut state = queue.state.lock();
    let reserve = state.reserve.as_mut()?;
    if let Some(request) = reserve.free.pop() {
        drop(state);
        request.begin(irp);
        cancellation::listen(&request);
        return Some(request);
    }
    reserve.pended.push_back(irp.clone());
    drop(state);
    let (queue, weak) = (queue.clone(), Arc::downgrade(irp));
    irp.on_cancel(Arc::new(move || {
        cancel_pended(&queue, |pended| {
            weak.upgrade().is_some_and(|irp| Arc::ptr_eq(&irp, pended))
        });
    }));
    None
}

/// Cancels the IRPs that wait for a reserved request and for which `is_meant` holds.
pub(super) fn cancel_pended(queue: &Ref<QueueBody>, is_meant: impl Fn(&Arc<Irp>) -> bool) {
    let mut state = queue.state.lock();
    let Some(reserve) = state.reserve.as_mut() else {
        return;
    };
    let (meant, others): (VecDeque<_>, _) = reserve.pended.drain(..).partition(is_meant);
    reserve.pended = others;
    drop(state);
    for irp in meant {
        irp.complete(NtStatus::CANCELLED, 0);
    }
}

/// A request that has been completed serves the next IRP, or is free.
impl RequestReserve for Ref<QueueBody> {
    fn take_back(&self, request: &Ref<RequestBody>) {
        let queue = self;
        let mut state = queue.state.lock();
        let Some(reserve) = state.reserve.as_mut() else {
            return;
        };
        let next = reserve.pended.pop_front();
        if next.is_none() {
            reserve.free.push(request.clone());
        }
        drop(state);
        if let Some(irp) = next {
            request.begin(&irp);
            cancellation::listen(request);
            delivery::enter(queue, request);
        }
    }
}

/// Cancels the queued requests that came through `file`.
pub(crate) fn cancel_requests_of(queue: &Ref<QueueBody>, file: &Arc<FileHandle>) {
    let waiting: Vec<_> = queue.state.lock().waiting.iter().cloned().collect();
    for request in waiting {
        if is_of(&request.irp(), file) {
            delivery::cancel_waiting(queue, &request);
        }
    }
    cancel_pended(queue, |irp| is_of(irp, file));
}

fn is_of(irp: &Irp, file: &Arc<FileHandle>) -> bool {
    irp.file().is_some_and(|own| Arc::ptr_eq(own, file))
}

/// Deletes the reserve of a queue that is empty and being deleted.
pub(super) fn end(queue: &Ref<QueueBody>) {
    let reserve = queue.state.lock().reserve.take();
    if let Some(reserve) = reserve {
        drop(reserve.free);
        delete_all(reserve.all);
    }
}
