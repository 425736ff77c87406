//! The default queue: parallel, its callbacks one at a time by the queue's synchronization scope.

use alloc::vec::Vec;
use core::ptr::null_mut;

use wdk::wdf::Timer;
use wdk_sys::{
    _POOL_TYPE::NonPagedPoolNx, _WDF_IO_QUEUE_DISPATCH_TYPE::WdfIoQueueDispatchParallel,
    _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeQueue, _WDF_TRI_STATE::WdfUseDefault,
    NTSTATUS, POOL_TYPE, STATUS_CANCELLED, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, ULONG,
    WDF_IO_QUEUE_CONFIG, WDF_OBJECT_ATTRIBUTES, WDF_TIMER_CONFIG, WDFDEVICE, WDFFILEOBJECT,
    WDFMEMORY, WDFQUEUE, WDFREQUEST, WDFTIMER, call_unsafe_wdf_function_binding,
};

use crate::context::{Context, ContextType, below};
use crate::device::done;
use crate::pended;

/// `CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)`: how many
/// milliseconds reads wait, as 4 bytes.
const SET_DELAY: ULONG = 0x0022_A000;
/// How many milliseconds reads wait by default.
const DELAY: u32 = 100;
/// Longest write, in bytes.
const WRITE_MAX: usize = 64 * 1024;
/// Units of the kernel's time in a millisecond; negative means from now on.
const MILLISECOND: i64 = -10_000;
const TAG: ULONG = u32::from_le_bytes(*b"Echo");

/// What the queue knows. Touched under the queue's lock only.
pub(crate) struct Echo {
    timer: Option<Timer>,
    delay: u32,
    /// What was written last, or NULL.
    written: WDFMEMORY,
    /// The reads that wait, all marked cancelable.
    pub(crate) pended: Vec<WDFREQUEST>,
}

static TYPE: ContextType = ContextType::of::<Echo>(c"Echo", &raw const TYPE);

impl Context for Echo {
    const TYPE: &'static ContextType = &TYPE;
}

/// Creates the queue and its timer.
pub(crate) fn create(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType: WdfIoQueueDispatchParallel,
        PowerManaged: WdfUseDefault,
        DefaultQueue: 1,
        EvtIoRead: Some(read),
        EvtIoWrite: Some(write),
        EvtIoDeviceControl: Some(device_control),
        EvtIoStop: Some(stop),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    config.Settings.Parallel.NumberOfPresentedRequests = u32::MAX;
    let mut attributes = WDF_OBJECT_ATTRIBUTES {
        SynchronizationScope: WdfSynchronizationScopeQueue,
        ..Echo::attributes()
    };
    let mut queue = null_mut();
    // SAFETY: the framework passed the device to `EvtDriverDeviceAdd`, which runs now.
    let status = unsafe {
        call_unsafe_wdf_function_binding!(
            WdfIoQueueCreate,
            device,
            &raw mut config,
            &raw mut attributes,
            &raw mut queue,
        )
    };
    done(status)?;
    let echo = Echo {
        timer: None,
        delay: DELAY,
        written: null_mut(),
        pended: Vec::new(),
    };
    // SAFETY: made above, and no request comes before the device has started.
    unsafe { echo.put(queue.cast()) };
    let timer = create_timer(queue)?;
    with(queue, |echo| echo.timer = Some(timer));
    Ok(())
}

fn create_timer(queue: WDFQUEUE) -> Result<Timer, NTSTATUS> {
    let mut config = WDF_TIMER_CONFIG {
        Size: size_of::<WDF_TIMER_CONFIG>() as ULONG,
        EvtTimerFunc: Some(expired),
        // Under the lock of its parent, the queue.
        AutomaticSerialization: 1,
        ..WDF_TIMER_CONFIG::default()
    };
    Timer::try_new(&mut config, &mut below(queue.cast()))
}

/// Runs `body` with the queue's context. For the queue's own callbacks, which hold its lock.
fn with<R>(queue: WDFQUEUE, body: impl FnOnce(&mut Echo) -> R) -> R {
    // SAFETY: the value exists from `create` on. The caller holds the queue's lock, and `body`
    // cannot reenter this function: the framework defers every callback that needs the lock.
    body(unsafe { &mut *Echo::place(queue.cast()) })
}

/// `EvtIoRead`.
extern "C" fn read(queue: WDFQUEUE, request: WDFREQUEST, _length: usize) {
    let pended = with(queue, |echo| {
        pended::add(&mut echo.pended, request)?;
        if let Some(timer) = &echo.timer
            && echo.pended.len() == 1
        {
            // Whether it was set already does not matter.
            let _ = timer.start(i64::from(echo.delay) * MILLISECOND);
        }
        Ok(())
    });
    if let Err(status) = pended {
        complete(request, status, 0);
    }
}

/// `EvtIoWrite`.
extern "C" fn write(queue: WDFQUEUE, request: WDFREQUEST, length: usize) {
    match keep(queue, request, length) {
        Ok(memory) => {
            let before = with(queue, |echo| core::mem::replace(&mut echo.written, memory));
            delete(before);
            complete(request, STATUS_SUCCESS, length);
        }
        Err(status) => complete(request, status, 0),
    }
}

/// Copies what is to be written into memory of ours.
fn keep(queue: WDFQUEUE, request: WDFREQUEST, length: usize) -> Result<WDFMEMORY, NTSTATUS> {
    if length > WRITE_MAX {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    let mut input = null_mut();
    let mut memory = null_mut();
    let mut buffer = null_mut();
    let mut attributes = below(queue.cast());
    // SAFETY: the request is ours, and `buffer` has `length` bytes after it was created.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveInputMemory,
            request,
            &raw mut input,
        ))?;
        done(call_unsafe_wdf_function_binding!(
            WdfMemoryCreate,
            &raw mut attributes,
            NonPagedPoolNx as POOL_TYPE,
            TAG,
            length,
            &raw mut memory,
            &raw mut buffer,
        ))?;
        let copied =
            call_unsafe_wdf_function_binding!(WdfMemoryCopyToBuffer, input, 0, buffer, length);
        done(copied).inspect_err(|_| delete(memory))?;
    }
    Ok(memory)
}

fn delete(memory: WDFMEMORY) {
    if !memory.is_null() {
        // SAFETY: no other code has it any more.
        unsafe { call_unsafe_wdf_function_binding!(WdfObjectDelete, memory.cast()) };
    }
}

/// `EvtIoDeviceControl`.
extern "C" fn device_control(
    queue: WDFQUEUE,
    request: WDFREQUEST,
    _output_length: usize,
    _input_length: usize,
    code: ULONG,
) {
    let set = match code {
        SET_DELAY => input(request).map(|delay| with(queue, |echo| echo.delay = delay)),
        _ => Err(STATUS_INVALID_DEVICE_REQUEST),
    };
    complete(request, set.err().unwrap_or(STATUS_SUCCESS), 0);
}

fn input(request: WDFREQUEST) -> Result<u32, NTSTATUS> {
    let mut buffer = null_mut();
    // SAFETY: the request is ours.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveInputBuffer,
            request,
            size_of::<u32>(),
            &raw mut buffer,
            null_mut(),
        ))?;
        Ok(buffer.cast::<u32>().read_unaligned())
    }
}

/// `EvtIoStop`: reads also wait while the device sleeps; when the device is removed, they are
/// cancelled.
extern "C" fn stop(_queue: WDFQUEUE, request: WDFREQUEST, _action: ULONG) {
    // SAFETY: the framework passes a request that is ours, and under the lock that its completion
    // needs.
    unsafe { call_unsafe_wdf_function_binding!(WdfRequestStopAcknowledge, request, 0) };
}

/// `EvtTimerFunc`: ends all reads that wait.
extern "C" fn expired(timer: WDFTIMER) {
    // SAFETY: the timer's parent is the queue.
    let queue: WDFQUEUE =
        unsafe { call_unsafe_wdf_function_binding!(WdfTimerGetParentObject, timer) }.cast();
    with(queue, |echo| {
        let written = echo.written;
        pended::take(
            &mut echo.pended,
            |_| true,
            |request| answer(request, written),
        );
    });
}

/// Ends a read with what was written.
fn answer(request: WDFREQUEST, written: WDFMEMORY) {
    match copy(request, written) {
        Ok(length) => complete(request, STATUS_SUCCESS, length),
        Err(status) => complete(request, status, 0),
    }
}

fn copy(request: WDFREQUEST, written: WDFMEMORY) -> Result<usize, NTSTATUS> {
    if written.is_null() {
        return Ok(0);
    }
    let (mut output, mut room, mut length) = (null_mut(), 0, 0);
    // SAFETY: the request is ours, the lengths are those of the buffers.
    unsafe {
        let bytes = call_unsafe_wdf_function_binding!(WdfMemoryGetBuffer, written, &raw mut length);
        done(call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveOutputMemory,
            request,
            &raw mut output,
        ))?;
        let _ = call_unsafe_wdf_function_binding!(WdfMemoryGetBuffer, output, &raw mut room);
        let length = length.min(room);
        done(call_unsafe_wdf_function_binding!(
            WdfMemoryCopyFromBuffer,
            output,
            0,
            bytes,
            length,
        ))?;
        Ok(length)
    }
}

/// `EvtRequestCancel`.
pub(crate) extern "C" fn cancelled(request: WDFREQUEST) {
    // SAFETY: the request is ours and came from this queue.
    let queue = unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetIoQueue, request) };
    with(queue, |echo| echo.pended.retain(|other| *other != request));
    complete(request, STATUS_CANCELLED, 0);
}

/// Ends the reads of a file. From outside the queue's callbacks, at `PASSIVE_LEVEL`.
pub(crate) fn cancel_reads_of(queue: WDFQUEUE, file: WDFFILEOBJECT) {
    // SAFETY: the queue has a lock, and this thread does not hold it.
    unsafe { call_unsafe_wdf_function_binding!(WdfObjectAcquireLock, queue.cast()) };
    with(queue, |echo| {
        pended::take(
            &mut echo.pended,
            |request| pended::file_of(request) == file,
            |request| complete(request, STATUS_CANCELLED, 0),
        );
    });
    // SAFETY: acquired above.
    unsafe { call_unsafe_wdf_function_binding!(WdfObjectReleaseLock, queue.cast()) };
}

/// Ends a request that is ours.
fn complete(request: WDFREQUEST, status: NTSTATUS, length: usize) {
    // SAFETY: the request is ours, and is not marked cancelable any more.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfRequestCompleteWithInformation,
            request,
            status,
            length as u64,
        );
    }
}

/// The status of a request for which the driver has no memory.
pub(crate) const NO_MEMORY: NTSTATUS = STATUS_INSUFFICIENT_RESOURCES;
