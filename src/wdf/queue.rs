//! The default queue.

use abi::{ControlCode, NtStatus};
use wdk_sys::{
    _WDF_EXECUTION_LEVEL, _WDF_IO_QUEUE_DISPATCH_TYPE, _WDF_SYNCHRONIZATION_SCOPE, _WDF_TRI_STATE,
    ULONG, WDF_IO_QUEUE_CONFIG, WDF_OBJECT_ATTRIBUTES, WDFQUEUE, WDFREQUEST,
};

use super::file::{self, FileState};
use super::irql::PassiveLevel;
use super::request::{Buffers, Request};
use super::{object_attributes, structure_size};

/// What serves device control requests.
pub(crate) trait DeviceControl {
    /// The state of the file objects that the requests come through.
    type File: FileState;

    /// Serves one request and answers how many bytes of output were written. Runs in many threads
    /// at once.
    fn device_control(
        level: &PassiveLevel<'_>,
        file: &Self::File,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
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
    _queue: WDFQUEUE,
    request: WDFREQUEST,
    output_length: usize,
    input_length: usize,
    code: ULONG,
) {
    // SAFETY: the framework hands this request over, live and not completed.
    let request = unsafe { Request::from_framework(request) };
    let outcome = PassiveLevel::prove(|level| {
        let file = request.file_object()?;
        // SAFETY: a device control comes through a file object whose create succeeded, and close
        // waits for this request.
        let state = unsafe { file::state::<Q::File>(file) }?;
        let mut buffers = request.buffers(input_length, output_length);
        Q::device_control(level, state, ControlCode(code), &mut buffers)
    });
    request.complete(outcome);
}
