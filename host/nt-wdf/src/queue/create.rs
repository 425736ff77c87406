//! The creation of queues.

use std::collections::{BTreeMap, VecDeque};

use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use super::{Dispatch, QueueBody, QueueState};
use crate::call::FrameworkCall;
use crate::callback_lock::CallbackLock;
use crate::device::{DeviceBody, DevicePower};
use crate::function_entry::functions;
use crate::handle::{Handle, WdfDevice, WdfQueue, WdfRequest};
use crate::object::{
    Attributes, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules, Scope,
};
use crate::pointer::{In, Out};
use crate::status;

functions! {
    DISPATCH WdfIoQueueCreate = create(
        device: WdfDevice, config: In<QueueConfig>, attributes: In<ObjectAttributes>,
        queue: Out<WdfQueue>) -> NtStatus;
    DISPATCH WdfDeviceGetDefaultQueue = get_default_queue(device: WdfDevice) -> WdfQueue;
    DISPATCH WdfIoQueueGetDevice = get_device(queue: WdfQueue) -> WdfDevice;
}

/// `EvtIoDefault`, `EvtIoResume`, `EvtIoCanceledOnQueue`.
pub(super) type IoCallback = unsafe extern "win64" fn(WdfQueue, WdfRequest);
/// `EvtIoRead`, `EvtIoWrite`.
type TransferCallback = unsafe extern "win64" fn(WdfQueue, WdfRequest, usize);
/// `EvtIoDeviceControl`, `EvtIoInternalDeviceControl`: the length of the output is the first of the two
/// lengths.
type ControlCallback = unsafe extern "win64" fn(WdfQueue, WdfRequest, usize, usize, u32);
/// `EvtIoStop`.
type StopCallback = unsafe extern "win64" fn(WdfQueue, WdfRequest, u32);

/// `WDF_IO_QUEUE_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct QueueConfig {
    pub(crate) size: u32,
    pub(crate) dispatch_type: i32,
    pub(crate) power_managed: i32,
    pub(crate) allow_zero_length: u8,
    pub(crate) default_queue: u8,
    pub(crate) default: Option<IoCallback>,
    pub(crate) read: Option<TransferCallback>,
    pub(crate) write: Option<TransferCallback>,
    pub(crate) device_control: Option<ControlCallback>,
    pub(crate) internal_device_control: Option<ControlCallback>,
    pub(crate) stop: Option<StopCallback>,
    pub(crate) resume: Option<IoCallback>,
    pub(crate) canceled_on_queue: Option<IoCallback>,
    pub(crate) presented_requests: u32,
    pub(crate) driver: usize,
}

const _: () = {
    assert!(size_of::<QueueConfig>() == 96);
    assert!(core::mem::offset_of!(QueueConfig, canceled_on_queue) == 72);
    assert!(core::mem::offset_of!(QueueConfig, driver) == 88);
};

/// `WdfUseDefault`, the last of the three states.
const USE_DEFAULT: i32 = 2;

impl QueueConfig {
    fn has_io_callback(&self) -> bool {
        self.default.is_some()
            || self.read.is_some()
            || self.write.is_some()
            || self.device_control.is_some()
            || self.internal_device_control.is_some()
    }

    /// The callback for control requests, or for those between drivers.
    pub(super) fn control(&self, is_internal: bool) -> Option<ControlCallback> {
        if is_internal {
            self.internal_device_control
        } else {
            self.device_control
        }
    }

    fn dispatch(&self) -> Result<Dispatch, NtStatus> {
        let limit = self.presented_requests;
        let dispatch = match self.dispatch_type {
            1 if limit == 0 => Dispatch::Sequential,
            2 => Dispatch::Parallel { limit },
            3 if limit == 0 && !self.has_io_callback() => Dispatch::Manual,
            _ => return Err(NtStatus::INVALID_PARAMETER),
        };
        if !(0..=USE_DEFAULT).contains(&self.power_managed) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if dispatch != Dispatch::Manual && !self.has_io_callback() {
            return Err(status::WDF_NO_CALLBACK);
        }
        Ok(dispatch)
    }
}

fn create(
    call: &FrameworkCall,
    device: WdfDevice,
    config: In<QueueConfig>,
    attributes: In<ObjectAttributes>,
    queue: Out<WdfQueue>,
) -> NtStatus {
    let device = call.object(device, "Device");
    let created = try_create(call, &device, config, attributes, queue.is_null());
    status::from_result(created.map(|created| queue.set(created.handle())))
}

fn try_create(
    call: &FrameworkCall,
    device: &Ref<DeviceBody>,
    config: In<QueueConfig>,
    attributes: In<ObjectAttributes>,
    has_no_output: bool,
) -> Result<Ref<QueueBody>, NtStatus> {
    let config = config.sized(call, "Config")?;
    let dispatch = config.dispatch()?;
    let is_default = config.default_queue != 0;
    if has_no_output && !is_default {
        return Err(status::INVALID_PARAMETER_4);
    }
    let attributes = attributes.check(call, Rules::full(ParentRule::Optional))?;
    check_parent(device, &attributes)?;
    if is_default {
        check_default(device)?;
    }
    let body = body(device, config, dispatch, &attributes)?;
    let plan = ObjectPlan::below(device.object(), attributes);
    let queue = Object::create(call.binding, plan, body)?;
    let mut state = device.state.lock();
    state.queues.push(queue.object().clone());
    if is_default {
        state.default_queue = Some(queue.object().clone());
    }
    Ok(queue)
}

fn check_parent(device: &Ref<DeviceBody>, attributes: &Attributes) -> Result<(), NtStatus> {
    let Some(parent) = &attributes.parent else {
        return Ok(());
    };
    match parent.nearest::<DeviceBody>() {
        Some(ancestor) if ancestor.value() == device.value() => Ok(()),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

fn check_default(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let is_ready = device.io().is_ready();
    let state = device.state.lock();
    if state.default_queue.is_some() {
        return Err(NtStatus::UNSUCCESSFUL);
    }
    if state.started || is_ready {
        return Err(NtStatus::INVALID_DEVICE_STATE);
    }
    Ok(())
}

fn body(
    device: &Ref<DeviceBody>,
    config: QueueConfig,
    dispatch: Dispatch,
    attributes: &Attributes,
) -> Result<QueueBody, NtStatus> {
    let level = attributes.level.unwrap_or(device.object().level());
    let scope = attributes.scope.unwrap_or(device.object().scope());
    if scope == Scope::Device && level != device.object().level() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let lock = match scope {
        Scope::Device => Some(device.lock().clone()),
        Scope::Queue => Some(CallbackLock::new(level)),
        Scope::None => None,
    };
    let by_default = !device.is_filter();
    let power_managed = match config.power_managed {
        USE_DEFAULT => by_default,
        given => given != 0,
    };
    let power_managed = power_managed && !device.is_control();
    Ok(QueueBody {
        device: device.clone(),
        config,
        dispatch,
        power_managed,
        lock,
        state: Mutex::new(QueueState {
            waiting: VecDeque::new(),
            owned: BTreeMap::new(),
            acknowledged: Vec::new(),
            running: 0,
            accepts: true,
            delivers: true,
            purging: false,
            powered: !power_managed || device.power() == DevicePower::D0,
            notification: None,
            ready: None,
            reserve: None,
        }),
        changed: Condvar::new(),
    })
}

fn get_device(call: &FrameworkCall, queue: WdfQueue) -> WdfDevice {
    call.object(queue, "Queue").device.handle()
}

fn get_default_queue(call: &FrameworkCall, device: WdfDevice) -> WdfQueue {
    let queue = super::default_of(&call.object(device, "Device"));
    queue.map_or(Handle::NULL, |queue| queue.handle())
}
