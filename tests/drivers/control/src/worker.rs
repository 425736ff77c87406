//! The work item that completes waiting requests with messages.

use core::ptr::null_mut;

use wdk_sys::{
    NTSTATUS, STATUS_BUFFER_TOO_SMALL, STATUS_SUCCESS, ULONG, WDF_WORKITEM_CONFIG, WDFDEVICE,
    WDFREQUEST, WDFWORKITEM, call_unsafe_wdf_function_binding,
};

use crate::context::below;
use crate::device::done;
use crate::mailbox::{Mailbox, Taken};
use crate::queue::{complete, output};

/// Creates the work item.
pub(crate) fn create(device: WDFDEVICE) -> Result<WDFWORKITEM, NTSTATUS> {
    let mut config = WDF_WORKITEM_CONFIG {
        Size: size_of::<WDF_WORKITEM_CONFIG>() as ULONG,
        EvtWorkItemFunc: Some(run),
        ..WDF_WORKITEM_CONFIG::default()
    };
    let mut attributes = below(device.cast());
    let mut item = null_mut();
    // SAFETY: the structures outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfWorkItemCreate,
            &raw mut config,
            &raw mut attributes,
            &raw mut item,
        )
    })?;
    Ok(item)
}

/// `EvtWorkItemFunc`: runs once at a time, and again if it was woken meanwhile.
extern "C" fn run(item: WDFWORKITEM) {
    // SAFETY: the work item's parent is the device.
    let device: WDFDEVICE =
        unsafe { call_unsafe_wdf_function_binding!(WdfWorkItemGetParentObject, item) }.cast();
    let mailbox = Mailbox::of(device);
    while !mailbox.is_empty() {
        let Some(request) = next_waiting(mailbox) else {
            return;
        };
        give(mailbox, request);
    }
}

fn next_waiting(mailbox: &Mailbox) -> Option<WDFREQUEST> {
    let mut request = null_mut();
    // SAFETY: the queue lives as long as the device.
    let found = unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueRetrieveNextRequest,
            mailbox.waiting,
            &raw mut request,
        )
    };
    done(found).is_ok().then_some(request)
}

fn give(mailbox: &Mailbox, request: WDFREQUEST) {
    let room = match output(request, 1) {
        Ok(room) => room,
        Err(status) => return complete(request, status, 0),
    };
    match mailbox.take(room.len()) {
        Taken::Message(message) => {
            let bytes = message.bytes();
            room[..bytes.len()].copy_from_slice(bytes);
            mailbox.count(|counters| counters.taken += 1);
            complete(request, STATUS_SUCCESS, bytes.len());
        }
        // A later read may have more room.
        Taken::TooLong => complete(request, STATUS_BUFFER_TOO_SMALL, 0),
        Taken::Nothing => requeue(request),
    }
}

/// The last message was withdrawn meanwhile: the request waits on, where it was.
fn requeue(request: WDFREQUEST) {
    // SAFETY: the request is ours and came from a manual queue.
    let requeued = unsafe { call_unsafe_wdf_function_binding!(WdfRequestRequeue, request) };
    if let Err(status) = done(requeued) {
        complete(request, status, 0);
    }
}
