//! The caller's context: where its own addresses are valid.

use core::ptr::null_mut;

use wdk_sys::{
    NTSTATUS, PVOID, STATUS_SUCCESS, ULONG, WDF_REQUEST_PARAMETERS, WDFDEVICE, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use crate::device::done;
use crate::queue::complete;

const REVERSE: ULONG = 0x0022_200B;
/// `METHOD_NEITHER`, but left to the queue.
pub(crate) const LATE: ULONG = 0x0022_200F;

/// `EvtIoInCallerContext`: enqueues every request but `REVERSE`.
pub(crate) extern "C" fn in_caller_context(device: WDFDEVICE, request: WDFREQUEST) {
    if code(request) == Some(REVERSE) {
        return match reverse(request) {
            Ok(length) => complete(request, STATUS_SUCCESS, length),
            Err(status) => complete(request, status, 0),
        };
    }
    // SAFETY: the request is ours, and from no queue.
    let queued =
        unsafe { call_unsafe_wdf_function_binding!(WdfDeviceEnqueueRequest, device, request) };
    if let Err(status) = done(queued) {
        complete(request, status, 0);
    }
}

/// The control code of a control request.
fn code(request: WDFREQUEST) -> Option<ULONG> {
    const DEVICE_CONTROL: i32 = 14;
    let mut parameters = WDF_REQUEST_PARAMETERS {
        Size: size_of::<WDF_REQUEST_PARAMETERS>() as u16,
        ..WDF_REQUEST_PARAMETERS::default()
    };
    // SAFETY: the request is ours; the union's member is that of its type.
    unsafe {
        call_unsafe_wdf_function_binding!(WdfRequestGetParameters, request, &raw mut parameters);
        match parameters.Type {
            DEVICE_CONTROL => Some(parameters.Parameters.DeviceIoControl.IoControlCode),
            _ => None,
        }
    }
}

fn reverse(request: WDFREQUEST) -> Result<usize, NTSTATUS> {
    let (input, length) = input(request)?;
    let mut output: PVOID = null_mut();
    // SAFETY: the request is ours, in its caller's context. A real driver would not trust these
    // addresses without a handler for exceptions.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveUnsafeUserOutputBuffer,
            request,
            length,
            &raw mut output,
            null_mut(),
        ))?;
        for place in 0..length {
            let byte = input.cast::<u8>().add(place).read();
            output.cast::<u8>().add(length - 1 - place).write(byte);
        }
    }
    Ok(length)
}

fn input(request: WDFREQUEST) -> Result<(PVOID, usize), NTSTATUS> {
    let (mut input, mut length) = (null_mut(), 0);
    // SAFETY: the request is ours.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveUnsafeUserInputBuffer,
            request,
            1,
            &raw mut input,
            &raw mut length,
        )
    })?;
    Ok((input, length))
}

/// The caller's context has been left: the answer is the reason why there are no addresses.
pub(crate) fn answer_late(request: WDFREQUEST) -> Result<usize, NTSTATUS> {
    input(request).map(|(_, length)| length)
}
