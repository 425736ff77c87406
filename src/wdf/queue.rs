//! The default queue.

use abi::{ControlCode, NtStatus};
use wdk_sys::{
    _WDF_EXECUTION_LEVEL, _WDF_IO_QUEUE_DISPATCH_TYPE, _WDF_SYNCHRONIZATION_SCOPE, _WDF_TRI_STATE,
    ULONG, WDF_IO_QUEUE_CONFIG, WDF_OBJECT_ATTRIBUTES, WDFQUEUE, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use super::device_state::{self, DeviceState};
use super::file::{self, FileState};
use super::irql::PassiveLevel;
use super::request::{Buffers, Request};
use super::{object_attributes, structure_size};

/// What serves device control requests.
pub(crate) trait DeviceControl {
    /// The state of the file objects that the requests come through.
    type File: FileState;

    /// Serves one request and answers how many bytes of output were written. Runs in many threads
    /// at once. `STATUS_PENDING` has the request parked, to be served again later, when it is not
    /// new any more.
    fn device_control(
        level: &PassiveLevel<'_>,
        device: &<Self::File as FileState>::Device,
        file: &Self::File,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
        is_new: bool,
    ) -> Result<usize, NtStatus>;
}

/// `WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE`: parallel, without a limit.
pub(super) fn config<Q: DeviceControl>() -> WDF_IO_QUEUE_CONFIG {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: structure_size::<WDF_IO_QUEUE_CONFIG>(),
        DispatchType: _WDF_IO_QUEUE_DISPATCH_TYPE::WdfIoQueueDispatchParallel,
        PowerManaged: _WDF_TRI_STATE::WdfUseDefault,
        DefaultQueue: 1,
        EvtIoDeviceControl: Some(io_device_control::<Q>),
        ..WDF_IO_QUEUE_CONFIG::default()
    };
    config.Settings.Parallel.NumberOfPresentedRequests = ULONG::MAX;
    config
}

/// Attributes of the queue: callbacks at `PASSIVE_LEVEL` and without a lock.
pub(super) fn attributes() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        ExecutionLevel: _WDF_EXECUTION_LEVEL::WdfExecutionLevelPassive,
        SynchronizationScope: _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeNone,
        ..object_attributes()
    }
}

/// `EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL`.
extern "C" fn io_device_control<Q: DeviceControl>(
    queue: WDFQUEUE,
    request: WDFREQUEST,
    _output_length: usize,
    _input_length: usize,
    _code: ULONG,
) {
    // SAFETY: the framework hands this request over, live and not completed.
    let request = unsafe { Request::from_framework(request) };
    // SAFETY: the framework lends the queue to its callback.
    let device = unsafe { call_unsafe_wdf_function_binding!(WdfIoQueueGetDevice, queue) };
    // SAFETY: a device outlives the requests of its queues.
    match unsafe { device_state::of::<<Q::File as FileState>::Device>(device) } {
        Ok(device) => {
            let outcome = PassiveLevel::prove(|level| serve::<Q>(level, device, &request, true));
            if let Some(waits) = answer(request, outcome) {
                device.park(waits);
            }
        }
        Err(status) => request.complete(Err(status)),
    }
}

/// Serves a request once more that was parked. It comes back if it has to wait on.
pub(crate) fn serve_again<Q: DeviceControl>(
    level: &PassiveLevel<'_>,
    device: &<Q::File as FileState>::Device,
    request: Request,
) -> Option<Request> {
    let outcome = serve::<Q>(level, device, &request, false);
    answer(request, outcome)
}

fn serve<Q: DeviceControl>(
    level: &PassiveLevel<'_>,
    device: &<Q::File as FileState>::Device,
    request: &Request,
    is_new: bool,
) -> Result<usize, NtStatus> {
    let (code, input_length, output_length) = request.device_control()?;
    let file = request.file_object()?;
    // SAFETY: a device control comes through a file object whose create succeeded, and close waits
    // for this request.
    let state = unsafe { file::state::<Q::File>(file) }?;
    let mut buffers = request.buffers(input_length, output_length);
    Q::device_control(level, device, state, code, &mut buffers, is_new)
}

/// Completes a request, or gives it back if it has to wait.
fn answer(request: Request, outcome: Result<usize, NtStatus>) -> Option<Request> {
    match outcome {
        Err(NtStatus::PENDING) => Some(request),
        outcome => {
            request.complete(outcome);
            None
        }
    }
}
