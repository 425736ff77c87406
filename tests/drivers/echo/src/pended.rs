//! Requests that wait in the driver's own list, each marked cancelable.

use alloc::vec::Vec;

use wdk_sys::{
    NTSTATUS, STATUS_CANCELLED, WDFFILEOBJECT, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use crate::device::done;
use crate::queue::{NO_MEMORY, cancelled};

/// Adds a request. From the queue's callbacks, which hold the lock that its cancellation needs.
///
/// # Errors
///
/// No memory, or it is cancelled already. The request is not in the list then.
pub(crate) fn add(list: &mut Vec<WDFREQUEST>, request: WDFREQUEST) -> Result<(), NTSTATUS> {
    list.try_reserve(1).map_err(|_| NO_MEMORY)?;
    // SAFETY: the request is ours and not marked. This form of the call never calls back itself.
    let marked = unsafe {
        call_unsafe_wdf_function_binding!(WdfRequestMarkCancelableEx, request, Some(cancelled))
    };
    done(marked)?;
    list.push(request);
    Ok(())
}

/// Hands those requests that are `chosen` to `end`. One whose cancellation has begun stays: it
/// waits for the lock, takes itself out and ends itself. Any other failure says that nothing will
/// cancel the request, so that it has to be ended here.
pub(crate) fn take(
    list: &mut Vec<WDFREQUEST>,
    chosen: impl Fn(WDFREQUEST) -> bool,
    end: impl Fn(WDFREQUEST),
) {
    list.retain(|&request| {
        if !chosen(request) {
            return true;
        }
        // SAFETY: the request is ours, and what is in the list is marked.
        let unmarked =
            unsafe { call_unsafe_wdf_function_binding!(WdfRequestUnmarkCancelable, request) };
        if unmarked == STATUS_CANCELLED {
            return true;
        }
        end(request);
        false
    });
}

/// The file object through which a request of the list was sent.
pub(crate) fn file_of(request: WDFREQUEST) -> WDFFILEOBJECT {
    // SAFETY: what is in the list is not completed.
    unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, request) }
}
