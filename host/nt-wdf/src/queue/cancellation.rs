//! Cancellation of requests by their callers.

use std::sync::Arc;

use super::delivery::cancel_waiting;
use super::{QueueBody, notification, of};
use crate::object::Ref;
use crate::request::{CancelRoutine, Place, RequestBody};

/// Registers for the cancellation of the request by its caller.
pub(crate) fn listen(request: &Ref<RequestBody>) {
    let weak = Arc::downgrade(request.object());
    request.irp().on_cancel(Arc::new(move || {
        if let Some(object) = weak.upgrade() {
            cancelled(&Ref::new(object));
        }
    }));
}

/// Handles the cancellation of a request whose IRP is already flagged as cancelled.
fn cancelled(request: &Ref<RequestBody>) {
    let place = request.state.lock().place.clone();
    let removed = match place {
        Place::Waiting(queue) => cancel_waiting(&Ref::new(queue), request),
        // The drivers of the target learn of it by the IRP.
        Place::Sent(_) => {
            let target = request.target();
            target.is_some_and(|target| target.cancel_waiting(request.value()))
        }
        Place::Arriving | Place::Driver(_) | Place::Completed => false,
    };
    // A delivery at this moment may have given it to the driver, which may have marked it.
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
