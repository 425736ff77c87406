//! The two queues: a sequential one in which requests come, a manual one in which they wait.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use wdk_sys::{
    _WDF_IO_QUEUE_DISPATCH_TYPE::{WdfIoQueueDispatchManual, WdfIoQueueDispatchSequential},
    _WDF_TRI_STATE::WdfUseDefault,
    NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, ULONG, WDF_IO_QUEUE_CONFIG,
    WDF_NO_HANDLE, WDFDEVICE, WDFQUEUE, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use crate::context::attributes;
use crate::device::done;
use crate::file::Sender;
use crate::mailbox::{Mailbox, Report};

const PUT: ULONG = 0x0022_A000;
const TAKE: ULONG = 0x0022_6004;
const QUERY: ULONG = 0x0022_6008;

/// Whether a request is being served.
static SERVING: AtomicBool = AtomicBool::new(false);

/// Creates the queue in which requests come.
pub(crate) fn create_default(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType: WdfIoQueueDispatchSequential,
        PowerManaged: WdfUseDefault,
        DefaultQueue: 1,
        EvtIoDeviceControl: Some(device_control),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    let mut attributes = attributes();
    // SAFETY: the structures outlive the call; a default queue needs no handle.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueCreate,
            device,
            &raw mut config,
            &raw mut attributes,
            WDF_NO_HANDLE.cast::<WDFQUEUE>(),
        )
    })
}

/// Creates the queue in which requests wait for a message. The framework cancels them there.
pub(crate) fn create_waiting(device: WDFDEVICE) -> Result<WDFQUEUE, NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType: WdfIoQueueDispatchManual,
        PowerManaged: WdfUseDefault,
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    let mut attributes = attributes();
    let mut queue = null_mut();
    // SAFETY: the structures outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueCreate,
            device,
            &raw mut config,
            &raw mut attributes,
            &raw mut queue,
        )
    })?;
    Ok(queue)
}

/// `EvtIoDeviceControl`.
extern "C" fn device_control(
    queue: WDFQUEUE,
    request: WDFREQUEST,
    _output_length: usize,
    _input_length: usize,
    code: ULONG,
) {
    // SAFETY: the queue is the device's.
    let device = unsafe { call_unsafe_wdf_function_binding!(WdfIoQueueGetDevice, queue) };
    let mailbox = Mailbox::of(device);
    if SERVING.swap(true, Ordering::SeqCst) {
        mailbox.count(|counters| counters.overlaps += 1);
    }
    let served = serve(mailbox, request, code);
    // The next request may come as soon as this one has left our hands.
    SERVING.store(false, Ordering::SeqCst);
    match served {
        Ok(Served::Now(length)) => complete(request, STATUS_SUCCESS, length),
        Ok(Served::Later) => wait(mailbox, request),
        Err(status) => complete(request, status, 0),
    }
}

/// Takes no more requests and waits until none is being served.
pub(crate) fn close(device: WDFDEVICE) {
    // SAFETY: the device is there, and no callback of its queue runs on this thread.
    unsafe {
        let queue = call_unsafe_wdf_function_binding!(WdfDeviceGetDefaultQueue, device);
        call_unsafe_wdf_function_binding!(WdfIoQueuePurgeSynchronously, queue);
    }
}

/// When a request ends.
enum Served {
    Now(usize),
    Later,
}

fn serve(mailbox: &Mailbox, request: WDFREQUEST, code: ULONG) -> Result<Served, NTSTATUS> {
    // SAFETY: the request is ours and came through a handle.
    let file = unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, request) };
    let sender = Sender::of(file);
    match code {
        PUT => {
            mailbox.put_message(input(request, 1)?, file)?;
            sender.count();
            Ok(Served::Now(0))
        }
        TAKE => Ok(Served::Later),
        QUERY => {
            let report = Report {
                put_by_me: sender.puts(),
                ..mailbox.report()
            };
            let place = output(request, size_of::<Report>())?.as_mut_ptr();
            // SAFETY: the buffer has room, and the report has no padding.
            unsafe { place.cast::<Report>().write_unaligned(report) };
            Ok(Served::Now(size_of::<Report>()))
        }
        _ => Err(STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// Lets a request wait for a message.
fn wait(mailbox: &Mailbox, request: WDFREQUEST) {
    // SAFETY: the request is ours and not marked cancelable.
    let forwarded = unsafe {
        call_unsafe_wdf_function_binding!(WdfRequestForwardToIoQueue, request, mailbox.waiting)
    };
    match done(forwarded) {
        Ok(()) => mailbox.wake_worker(),
        Err(status) => complete(request, status, 0),
    }
}

/// The request's input, which has to have `minimum` bytes.
fn input<'a>(request: WDFREQUEST, minimum: usize) -> Result<&'a [u8], NTSTATUS> {
    let (mut buffer, mut length) = (null_mut(), 0);
    // SAFETY: the request is ours; the buffer is there until it is completed, and no code writes
    // output to it before the input has been used.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveInputBuffer,
            request,
            minimum,
            &raw mut buffer,
            &raw mut length,
        ))?;
        Ok(core::slice::from_raw_parts(buffer.cast(), length))
    }
}

/// Room for the request's output, which has to have `minimum` bytes.
pub(crate) fn output<'a>(request: WDFREQUEST, minimum: usize) -> Result<&'a mut [u8], NTSTATUS> {
    let (mut buffer, mut length) = (null_mut(), 0);
    // SAFETY: the request is ours; the buffer is there until it is completed, and its input is not
    // used any more.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveOutputBuffer,
            request,
            minimum,
            &raw mut buffer,
            &raw mut length,
        ))?;
        Ok(core::slice::from_raw_parts_mut(buffer.cast(), length))
    }
}

/// Ends a request that is ours.
pub(crate) fn complete(request: WDFREQUEST, status: NTSTATUS, length: usize) {
    // SAFETY: the request is ours and not marked cancelable.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfRequestCompleteWithInformation,
            request,
            status,
            length as u64,
        );
    }
}
