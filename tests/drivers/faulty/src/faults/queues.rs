//! Rules of queues.

use core::ptr::null_mut;

use wdk_sys::{
    NTSTATUS, WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, WDFCONTEXT, WDFQUEUE, WDFREQUEST,
    call_unsafe_wdf_function_binding as wdf,
};

use crate::attributes::size_of_u32;
use crate::device::{create_queue, default_queue, manual_queue};
use crate::scene::{SUCCESS, TAKEN};
use super::Scene;

pub(crate) unsafe fn a_device_has_one_default_queue(scene: &Scene) -> NTSTATUS {
    scene.answer(create_queue(
        scene.device,
        &mut default_queue(),
        &mut null_mut(),
    ))
}

pub(crate) unsafe fn a_structure_says_its_size(scene: &Scene) -> NTSTATUS {
    let mut config = manual_queue();
    config.Size -= 8;
    scene.answer(create_queue(scene.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_queue_has_a_callback_for_requests(scene: &Scene) -> NTSTATUS {
    let mut config = default_queue();
    config.DefaultQueue = 0;
    config.EvtIoDeviceControl = None;
    scene.answer(create_queue(scene.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_manual_queue_has_no_callback_for_requests(scene: &Scene) -> NTSTATUS {
    let mut config = default_queue();
    config.DispatchType = manual_queue().DispatchType;
    config.DefaultQueue = 0;
    scene.answer(create_queue(scene.device, &mut config, &mut null_mut()))
}

pub(crate) unsafe fn a_request_is_not_forwarded_to_its_own_queue(scene: &Scene) -> NTSTATUS {
    scene.answer(wdf!(WdfRequestForwardToIoQueue, scene.request, scene.queue))
}

pub(crate) unsafe fn a_request_of_a_parallel_queue_is_not_requeued(scene: &Scene) -> NTSTATUS {
    scene.answer(wdf!(WdfRequestRequeue, scene.request))
}

pub(crate) unsafe fn nothing_is_retrieved_from_a_parallel_queue(scene: &Scene) -> NTSTATUS {
    let mut request = null_mut();
    scene.answer(wdf!(
        WdfIoQueueRetrieveNextRequest,
        scene.queue,
        &raw mut request
    ))
}

/// The request that asks for it is the driver's, and never comes back meanwhile.
pub(crate) unsafe fn a_queue_waits_for_the_request_that_asks_for_it(scene: &Scene) -> NTSTATUS {
    wdf!(WdfIoQueuePurgeSynchronously, scene.queue);
    SUCCESS
}

pub(crate) unsafe fn two_changes_of_a_queue_have_callbacks(scene: &Scene) -> NTSTATUS {
    wdf!(WdfIoQueueStop, scene.queue, Some(stopped), null_mut());
    wdf!(WdfIoQueueStop, scene.queue, Some(stopped), null_mut());
    TAKEN
}

extern "C" fn stopped(_queue: WDFQUEUE, _context: WDFCONTEXT) {}

const READ: i32 = 3;
const CREATE: i32 = 0;

/// The queue has a callback for control requests only.
pub(crate) unsafe fn requests_are_dispatched_to_who_has_a_callback(scene: &Scene) -> NTSTATUS {
    scene.answer(wdf!(
        WdfDeviceConfigureRequestDispatching,
        scene.device,
        scene.queue,
        READ
    ))
}

pub(crate) unsafe fn requests_are_dispatched_before_the_device_starts(scene: &Scene) -> NTSTATUS {
    scene.answer(wdf!(
        WdfDeviceConfigureRequestDispatching,
        scene.device,
        scene.parking,
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

pub(crate) unsafe fn a_reserve_has_requests(scene: &Scene) -> NTSTATUS {
    let mut policy = policy(0);
    scene.answer(wdf!(
        WdfIoQueueAssignForwardProgressPolicy,
        scene.parking,
        &raw mut policy
    ))
}

extern "C" fn use_it(_queue: WDFQUEUE, request: WDFREQUEST) -> NTSTATUS {
    // SAFETY: none: nobody has asked anything through this request.
    let _ = unsafe { wdf!(WdfRequestGetRequestorProcessId, request) };
    SUCCESS
}

pub(crate) unsafe fn a_request_in_reserve_is_used(scene: &Scene) -> NTSTATUS {
    let mut policy = policy(1);
    policy.EvtIoAllocateResourcesForReservedRequest = Some(use_it);
    wdf!(
        WdfIoQueueAssignForwardProgressPolicy,
        scene.parking,
        &raw mut policy
    )
}
