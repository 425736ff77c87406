//! Rules of queues.

use core::ptr::null_mut;

use wdk_sys::{
    _WDF_TRI_STATE::WdfTrue, NTSTATUS, WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, WDFCONTEXT, WDFQUEUE,
    WDFREQUEST, call_unsafe_wdf_function_binding as wdf,
};

use super::FaultContext;
use crate::attributes::size_of_u32;
use crate::device::{create_queue, default_queue, manual_queue};
use crate::fault_context::{SUCCESS, TAKEN};

pub(crate) unsafe fn a_device_has_one_default_queue(fault: &FaultContext) -> NTSTATUS {
    fault.answer(create_queue(
        fault.device,
        &mut default_queue(),
        &mut null_mut(),
    ))
}

pub(crate) unsafe fn a_structure_says_its_size(fault: &FaultContext) -> NTSTATUS {
    let mut config = manual_queue();
    config.Size -= 8;
    fault.answer(create_queue(fault.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_request_is_kept_from_a_sleep(fault: &FaultContext) -> NTSTATUS {
    let mut queue = null_mut();
    let mut config = manual_queue();
    config.PowerManaged = WdfTrue;
    let status = create_queue(fault.device, &mut config, &mut queue);
    if status < 0 {
        return status;
    }
    let status = wdf!(WdfRequestForwardToIoQueue, fault.request, queue);
    if status < 0 {
        return status;
    }
    let mut request = null_mut();
    let _ = wdf!(WdfIoQueueRetrieveNextRequest, queue, &raw mut request);
    TAKEN
}

pub(crate) unsafe fn a_queue_has_a_callback_for_requests(fault: &FaultContext) -> NTSTATUS {
    let mut config = default_queue();
    config.DefaultQueue = 0;
    config.EvtIoDeviceControl = None;
    fault.answer(create_queue(fault.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_manual_queue_has_no_callback_for_requests(fault: &FaultContext) -> NTSTATUS {
    let mut config = default_queue();
    config.DispatchType = manual_queue().DispatchType;
    config.DefaultQueue = 0;
    fault.answer(create_queue(fault.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_request_is_not_forwarded_to_its_own_queue(fault: &FaultContext) -> NTSTATUS {
    fault.answer(wdf!(WdfRequestForwardToIoQueue, fault.request, fault.queue))
}

pub(crate) unsafe fn a_request_of_a_parallel_queue_is_not_requeued(
    fault: &FaultContext,
) -> NTSTATUS {
    fault.answer(wdf!(WdfRequestRequeue, fault.request))
}

pub(crate) unsafe fn nothing_is_retrieved_from_a_parallel_queue(fault: &FaultContext) -> NTSTATUS {
    let mut request = null_mut();
    fault.answer(wdf!(
        WdfIoQueueRetrieveNextRequest,
        fault.queue,
        &raw mut request
    ))
}

/// The driver owns the request that asked for this, and cannot complete it while it waits.
pub(crate) unsafe fn a_queue_waits_for_the_request_that_asks_for_it(
    fault: &FaultContext,
) -> NTSTATUS {
    wdf!(WdfIoQueuePurgeSynchronously, fault.queue);
    SUCCESS
}

pub(crate) unsafe fn two_changes_of_a_queue_have_callbacks(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfIoQueueStop, fault.queue, Some(stopped), null_mut());
    wdf!(WdfIoQueueStop, fault.queue, Some(stopped), null_mut());
    TAKEN
}

extern "C" fn stopped(_queue: WDFQUEUE, _context: WDFCONTEXT) {}

const READ: i32 = 3;
const CREATE: i32 = 0;

/// The queue has a callback for control requests only.
pub(crate) unsafe fn requests_are_dispatched_to_a_queue_with_a_callback(
    fault: &FaultContext,
) -> NTSTATUS {
    fault.answer(wdf!(
        WdfDeviceConfigureRequestDispatching,
        fault.device,
        fault.queue,
        READ
    ))
}

pub(crate) unsafe fn requests_are_dispatched_before_the_device_starts(
    fault: &FaultContext,
) -> NTSTATUS {
    fault.answer(wdf!(
        WdfDeviceConfigureRequestDispatching,
        fault.device,
        fault.parking,
        CREATE
    ))
}

/// A policy that always takes from the reserve, of so many requests.
fn policy(total: u32) -> WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY {
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY {
        Size: size_of_u32::<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY>(),
        TotalForwardProgressRequests: total,
        ForwardProgressReservedPolicy: 1,
        ..WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY::default()
    }
}

pub(crate) unsafe fn a_reserve_has_requests(fault: &FaultContext) -> NTSTATUS {
    let mut policy = policy(0);
    fault.answer(wdf!(
        WdfIoQueueAssignForwardProgressPolicy,
        fault.parking,
        &raw mut policy
    ))
}

extern "C" fn use_it(_queue: WDFQUEUE, request: WDFREQUEST) -> NTSTATUS {
    // SAFETY: none: no caller sent this request.
    let _ = unsafe { wdf!(WdfRequestGetRequestorProcessId, request) };
    SUCCESS
}

pub(crate) unsafe fn a_request_in_reserve_is_used(fault: &FaultContext) -> NTSTATUS {
    let mut policy = policy(1);
    policy.EvtIoAllocateResourcesForReservedRequest = Some(use_it);
    wdf!(
        WdfIoQueueAssignForwardProgressPolicy,
        fault.parking,
        &raw mut policy
    )
}
