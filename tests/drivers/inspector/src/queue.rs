//! The two queues: one for creates, and the default one, which has a request in reserve.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, Ordering};

use wdk_sys::{
    _WDF_DEVICE_FAILED_ACTION::{WdfDeviceFailedAttemptRestart, WdfDeviceFailedNoRestart},
    _WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY::WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest,
    _WDF_IO_QUEUE_DISPATCH_TYPE::{WdfIoQueueDispatchParallel, WdfIoQueueDispatchSequential},
    _WDF_REQUEST_TYPE::WdfRequestTypeCreate,
    _WDF_TRI_STATE::WdfUseDefault,
    NTSTATUS, STATUS_ACCESS_DENIED, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, ULONG,
    WDF_IO_QUEUE_CONFIG, WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, WDF_NO_OBJECT_ATTRIBUTES, WDFDEVICE,
    WDFQUEUE, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use crate::device::{done, show_hidden};
use crate::text::wide;
use crate::{caller, keys, object_report};

const REPORT_OBJECTS: ULONG = 0x0022_2000;
const KEYS: ULONG = 0x0022_2004;
const FAIL: ULONG = 0x0022_2010;
const RESTART: ULONG = 0x0022_2014;
const STATE: ULONG = 0x0022_2018;
const SHOW: ULONG = 0x0022_201C;
const HIDE: ULONG = 0x0022_2020;

static REFUSED: [u16; 8] = wide(r"\refused");

/// How many requests have been made ready for the reserve.
static RESERVED: AtomicU32 = AtomicU32::new(0);

/// How many requests have been made ready for the reserve.
pub(crate) fn reserved() -> u32 {
    RESERVED.load(Ordering::Relaxed)
}

/// Creates the queue that everything but creates comes to.
pub(crate) fn create_default(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType: WdfIoQueueDispatchParallel,
        PowerManaged: WdfUseDefault,
        DefaultQueue: 1,
        EvtIoDeviceControl: Some(device_control),
        EvtIoWrite: Some(write),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    config.Settings.Parallel.NumberOfPresentedRequests = ULONG::MAX;
    let queue = create(device, &mut config)?;
    let mut policy = WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY {
        Size: size_of::<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY>() as ULONG,
        TotalForwardProgressRequests: 1,
        ForwardProgressReservedPolicy: WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest,
        EvtIoAllocateResourcesForReservedRequest: Some(prepare_reserved),
        ..WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY::default()
    };
    // SAFETY: the queue was made just now; the structure outlives the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueAssignForwardProgressPolicy,
            queue,
            &raw mut policy,
        )
    })
}

/// Creates the queue that creates come to, one at a time.
pub(crate) fn create_for_creates(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType: WdfIoQueueDispatchSequential,
        PowerManaged: WdfUseDefault,
        EvtIoDefault: Some(open),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    let queue = create(device, &mut config)?;
    // SAFETY: device and queue were made just now, and no handle to the device can be open yet.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceConfigureRequestDispatching,
            device,
            queue,
            WdfRequestTypeCreate,
        )
    })
}

fn create(device: WDFDEVICE, config: &mut WDF_IO_QUEUE_CONFIG) -> Result<WDFQUEUE, NTSTATUS> {
    let mut queue = null_mut();
    // SAFETY: the device is there; the structures outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueCreate,
            device,
            &raw mut *config,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut queue,
        )
    })?;
    Ok(queue)
}

/// `EvtIoAllocateResourcesForReservedRequest`.
extern "C" fn prepare_reserved(_queue: WDFQUEUE, _request: WDFREQUEST) -> NTSTATUS {
    RESERVED.fetch_add(1, Ordering::Relaxed);
    STATUS_SUCCESS
}

/// `EvtIoDefault` of the queue for creates.
extern "C" fn open(_queue: WDFQUEUE, request: WDFREQUEST) {
    // SAFETY: the request is ours, and a create has a file object, whose name stays as it is.
    let name = unsafe {
        let file = call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, request);
        let name = *call_unsafe_wdf_function_binding!(WdfFileObjectGetFileName, file);
        match name.Length {
            0 => &[],
            length => core::slice::from_raw_parts(name.Buffer, usize::from(length / 2)),
        }
    };
    let status = if name == REFUSED {
        STATUS_ACCESS_DENIED
    } else {
        STATUS_SUCCESS
    };
    complete(request, status, 0);
}

/// `EvtIoWrite`: what was not ended as an IRP.
extern "C" fn write(_queue: WDFQUEUE, request: WDFREQUEST, _length: usize) {
    complete(request, STATUS_SUCCESS, 0);
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
    let answered = match code {
        REPORT_OBJECTS => object_report::answer(device, request),
        KEYS => keys::answer(device, request),
        caller::LATE => caller::answer_late(request),
        FAIL => Ok(fail(device, WdfDeviceFailedNoRestart)),
        RESTART => Ok(fail(device, WdfDeviceFailedAttemptRestart)),
        STATE => keys::answer_state(device, request),
        SHOW | HIDE => {
            show_hidden(device, code == SHOW);
            Ok(0)
        }
        _ => Err(STATUS_INVALID_DEVICE_REQUEST),
    };
    match answered {
        Ok(length) => complete(request, STATUS_SUCCESS, length),
        Err(status) => complete(request, status, 0),
    }
}

/// Reports the device as failed. The answer has no data.
fn fail(device: WDFDEVICE, action: i32) -> usize {
    // SAFETY: the device exists, and the framework deletes it only after this callback.
    unsafe {
        call_unsafe_wdf_function_binding!(WdfDeviceSetFailed, device, action);
    }
    0
}

/// Writes `report` to the request's output. Returns the number of bytes.
pub(crate) fn give<T>(request: WDFREQUEST, report: T) -> Result<usize, NTSTATUS> {
    let mut buffer = null_mut();
    // SAFETY: the request is ours; the buffer is there until it is completed.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveOutputBuffer,
            request,
            size_of::<T>(),
            &raw mut buffer,
            null_mut(),
        ))?;
        buffer.cast::<T>().write_unaligned(report);
    }
    Ok(size_of::<T>())
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
