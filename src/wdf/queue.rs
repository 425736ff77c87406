//! The default queue.

use abi::{ControlCode, NtStatus};
use wdk_sys::{
    _WDF_EXECUTION_LEVEL, _WDF_IO_QUEUE_DISPATCH_TYPE, _WDF_SYNCHRONIZATION_SCOPE, _WDF_TRI_STATE,
    ULONG, WDF_IO_QUEUE_CONFIG, WDF_NO_HANDLE, WDF_OBJECT_ATTRIBUTES, WDFQUEUE, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use super::device::Device;
use super::device_state::{self, DeviceState};
use super::file::{self, FileState};
use super::irql::PassiveLevel;
use super::kept_request::KeptRequest;
use super::request::{Buffers, Request};
use super::{object_attributes, structure_size};

/// How the handler of a request leaves it.
pub(crate) enum Disposition<V> {
    /// It is done, and so many bytes of output were written.
    Done(usize),
    /// It has to wait, and this value is kept with it.
    Wait(V),
}

/// The value that is kept with a request that waits.
type Waiting<Q> = <<<Q as DeviceControl>::File as FileState>::Device as DeviceState>::Waiting;

/// Serves device control requests.
pub(crate) trait DeviceControl {
    /// The state of the file objects that the requests are sent to.
    type File: FileState;

    /// Serves one request. Runs in many threads at once.
    fn device_control(
        level: &mut PassiveLevel,
        device: &<Self::File as FileState>::Device,
        file: &Self::File,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
    ) -> Result<Disposition<Waiting<Self>>, NtStatus>;
}

/// `WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE`: parallel, without a limit. It is not power-managed: no
/// request needs the device in D0, because there is no hardware. A power-managed queue would let
/// requests wait while the system sleeps, and serve them in the thread that resumes the device.
pub(super) fn config<Q: DeviceControl>() -> WDF_IO_QUEUE_CONFIG {
    let mut config = WDF_IO_QUEUE_CONFIG {
        Size: structure_size::<WDF_IO_QUEUE_CONFIG>(),
        DispatchType: _WDF_IO_QUEUE_DISPATCH_TYPE::WdfIoQueueDispatchParallel,
        PowerManaged: _WDF_TRI_STATE::WdfFalse,
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
    let device = match unsafe { device_state::of::<<Q::File as FileState>::Device>(device) } {
        Ok(device) => device,
        Err(status) => return request.complete(Err(status)),
    };
    match PassiveLevel::prove(|level| serve::<Q>(level, device, &request)) {
        Ok(Disposition::Done(written)) => request.complete(Ok(written)),
        Ok(Disposition::Wait(value)) => match KeptRequest::new(request, value) {
            Ok(request) => park(device, request),
            Err(status) => device.not_parked(status),
        },
        Err(status) => request.complete(Err(status)),
    }
}

fn serve<Q: DeviceControl>(
    level: &mut PassiveLevel,
    device: &<Q::File as FileState>::Device,
    request: &Request,
) -> Result<Disposition<Waiting<Q>>, NtStatus> {
    let (code, input_length, output_length) = request.device_control()?;
    let file = request.file_object()?;
    // SAFETY: a device control has a file object whose create succeeded, and the framework calls
    // close after this request is completed.
    let state = unsafe { file::state::<Q::File>(file) }?;
    let mut buffers = request.buffers(input_length, output_length);
    Q::device_control(level, device, state, code, &mut buffers)
}

fn park<D: DeviceState>(device: &D, request: KeptRequest<D::Waiting>) {
    let outcome = PassiveLevel::prove(|level| {
        device.park(level, request);
        Ok(())
    });
    debug_assert!(outcome.is_ok(), "the framework calls back at PASSIVE_LEVEL");
}

impl Device {
    /// `WdfIoQueueCreate`: the default queue, parallel and at `PASSIVE_LEVEL`.
    pub(crate) fn create_default_queue<Q: DeviceControl>(
        &self,
        _level: &PassiveLevel,
    ) -> Result<(), NtStatus> {
        let mut config = config::<Q>();
        let mut attributes = attributes();
        // SAFETY: the device was created by this callback and is live; both structures are copied;
        // the handle of a default queue is optional.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueCreate,
                self.0,
                &raw mut config,
                &raw mut attributes,
                WDF_NO_HANDLE.cast::<WDFQUEUE>(),
            )
        })
        .into_result()
    }
}
