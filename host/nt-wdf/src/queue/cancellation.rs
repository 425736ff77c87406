//! Cancellation of requests by their callers.

use std::sync::Arc;

use super::delivery::cancel_waiting;
use super::{QueueBody, notification, of};
use crate::object::Ref;
use crate::request::{CancelRoutine, Place, RequestBody};

/// Has the I/O manager tell the framework when the caller cancels the request.
pub(crate) fn listen(request: &Ref<RequestBody>) {
    let weak = Arc::downgrade(request.object());
    request.irp().on_cancel(Arc::new(move || {
        if let Some(object) = weak.upgrade() {
            cancelled(&Ref::new(object));
        }
    }));
}

/// The caller has cancelled the request; the IRP says so already.
fn cancelled(request: &Ref<RequestBody>) {
    let place = request.state.lock().place.clone();
    let removed = match place {
        Place::Waiting(queue) => cancel_waiting(&Ref::new(queue), request),
        Place::Arriving | Place::Driver(_) | Place::Completed => false,
    };
    // It may have been presented, and marked, at this moment.
    if !removed {
        cancel_marked(request);
    }
}

/// Calls `EvtRequestCancel` if the request is marked.
pub(crate) fn cancel_marked(request: &Ref<RequestBody>) {
    let routine = request.state.lock().marked.take();
    if let (Some(routine), Some(queue)) = (routine, of(request)) {
        call_routine(&queue, request, routine);
    }
}

/// Calls `EvtRequestCancel` under the lock of the queue.
pub(crate) fn call_routine(
    queue: &Ref<QueueBody>,
    request: &Ref<RequestBody>,
    routine: CancelRoutine,
) {
    const NAME: &str = "EvtRequestCancel";
    request.irp().told_to(NAME, routine as usize);
    let request = request.handle();
    notification::call(queue, NAME, move || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { routine(request) }
    });
}
