//! The `PnP` manager, for one root-enumerated device per driver: its start and its removal.

use abi::status::NtStatus;

use super::attributes::Attributes;
use super::binding::Binding;
use super::callback;
use super::deletion;
use super::device::{Device, DeviceKind};
use super::device_init::{DeviceInit, Name, hand_out, take_back};
use super::driver::Driver;
use super::handle::{Handle, Kind};
use super::interface;
use super::object::{Body, Object, Plan, Ref};
use super::queue;
use crate::io::driver_object::DriverObject;
use crate::kernel::warning;

type WithDevice = unsafe extern "win64" fn(Handle<Device>);
type StatusOf = unsafe extern "win64" fn(Handle<Device>) -> NtStatus;
type Power = unsafe extern "win64" fn(Handle<Device>, i32) -> NtStatus;
type Prepare = unsafe extern "win64" fn(Handle<Device>, usize, usize) -> NtStatus;
type Release = unsafe extern "win64" fn(Handle<Device>, usize) -> NtStatus;

/// `WDF_PNPPOWER_EVENT_CALLBACKS` as it lies in memory.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct PnpCallbacks {
    pub(crate) size: u32,
    pub(crate) d0_entry: Option<Power>,
    pub(crate) d0_entry_post_interrupts_enabled: Option<Power>,
    pub(crate) d0_exit: Option<Power>,
    pub(crate) d0_exit_pre_interrupts_disabled: Option<Power>,
    pub(crate) prepare_hardware: Option<Prepare>,
    pub(crate) release_hardware: Option<Release>,
    pub(crate) self_managed_io_cleanup: Option<WithDevice>,
    pub(crate) self_managed_io_flush: Option<WithDevice>,
    pub(crate) self_managed_io_init: Option<StatusOf>,
    pub(crate) self_managed_io_suspend: Option<StatusOf>,
    pub(crate) self_managed_io_restart: Option<StatusOf>,
    pub(crate) surprise_removal: Option<WithDevice>,
    pub(crate) query_remove: Option<StatusOf>,
    pub(crate) query_stop: Option<StatusOf>,
    pub(crate) usage_notification: usize,
    pub(crate) relations_query: usize,
    pub(crate) usage_notification_ex: usize,
}

const _: () = {
    assert!(size_of::<PnpCallbacks>() == 144);
    assert!(core::mem::offset_of!(PnpCallbacks, query_remove) == 104);
};

/// `WdfPowerDeviceD3Final`.
const D3_FINAL: i32 = 5;

/// A list of hardware resources: a root-enumerated device has none.
struct ResourceList;

impl Body for ResourceList {
    const KIND: Kind = Kind::ResourceList;
}

/// Starts the driver's root-enumerated device: `EvtDriverDeviceAdd` and what follows it. A driver
/// that adds no devices needs nothing.
///
/// # Errors
///
/// What the driver answers. Nothing is left of the device then.
pub fn start(driver_object: *mut DriverObject) -> Result<(), NtStatus> {
    let driver = Binding::of_driver_object(driver_object).and_then(|binding| binding.driver());
    let Some(driver) = driver.filter(|driver| driver.is_pnp()) else {
        return Ok(());
    };
    let init = hand_out(DeviceInit::new(DeviceKind::Pnp, Name::None, None));
    let added = Driver::add_device(&driver, init.0);
    take_back(init);
    let device = pnp_device(&driver);
    if let Err(status) = added.unwrap_or(NtStatus::SUCCESS).into_result() {
        if let Some(device) = device {
            deletion::delete(device.object());
        }
        return Err(status);
    }
    match device {
        Some(device) => start_device(&device),
        None => Ok(()),
    }
}

/// The driver's `PnP` device, if it has one.
fn pnp_device(driver: &Ref<Driver>) -> Option<Ref<Device>> {
    let children = driver.object().children().into_iter();
    let mut devices = children
        .filter(|child| child.kind() == Kind::Device && !child.is_deleting())
        .map(Ref::<Device>::new);
    devices.find(|device| !device.is_control())
}

fn start_device(device: &Ref<Device>) -> Result<(), NtStatus> {
    let mut steps = Steps::default();
    let started = go_up(device, &mut steps);
    if started.is_err() {
        go_down(device, &steps);
        finish_removal(device);
    }
    started
}

/// How far a start has come, for the way back.
#[derive(Default)]
struct Steps {
    prepared: bool,
    powered: bool,
    self_managed: bool,
}

impl Steps {
    const ALL: Self = Self {
        prepared: true,
        powered: true,
        self_managed: true,
    };
}

fn go_up(device: &Ref<Device>, steps: &mut Steps) -> Result<(), NtStatus> {
    let pnp = device.init().pnp;
    steps.prepared = true;
    prepare_hardware(device)?;
    steps.powered = true;
    power(device, "EvtDeviceD0Entry", pnp.d0_entry)?;
    power(
        device,
        "EvtDeviceD0EntryPostInterruptsEnabled",
        pnp.d0_entry_post_interrupts_enabled,
    )?;
    for queue in power_managed(device) {
        queue::resume(&queue);
    }
    if let Some(function) = pnp.self_managed_io_init {
        steps.self_managed = true;
        with_status(device, "EvtDeviceSelfManagedIoInit", function)?;
    }
    device.state.lock().started = true;
    device.io().ready();
    interface::enable(device);
    Ok(())
}

/// Removes the driver's `PnP` device in order, when no file is open any more.
pub fn remove(driver_object: *mut DriverObject) {
    let driver = Binding::of_driver_object(driver_object).and_then(|binding| binding.driver());
    let Some(device) = driver.and_then(|driver| pnp_device(&driver)) else {
        return;
    };
    device.io().wait_closed();
    let query_remove = device.init().pnp.query_remove;
    let answer = query_remove.map(|query| with_status(&device, "EvtDeviceQueryRemove", query));
    if answer.is_some_and(|answer| answer.is_err()) {
        warning("the driver refuses the removal of its device");
        return;
    }
    go_down(&device, &Steps::ALL);
    finish_removal(&device);
}

/// Suspends, stops, powers down, releases, as far as `steps` have been taken.
fn go_down(device: &Ref<Device>, steps: &Steps) {
    let pnp = device.init().pnp;
    device.state.lock().started = false;
    if let Some(function) = pnp.self_managed_io_suspend.filter(|_| steps.self_managed) {
        ignore(with_status(
            device,
            "EvtDeviceSelfManagedIoSuspend",
            function,
        ));
    }
    if steps.powered {
        for queue in power_managed(device) {
            queue::hold(&queue);
        }
        ignore(power(
            device,
            "EvtDeviceD0ExitPreInterruptsDisabled",
            pnp.d0_exit_pre_interrupts_disabled,
        ));
        ignore(power(device, "EvtDeviceD0Exit", pnp.d0_exit));
    }
    if let Some(function) = pnp.release_hardware.filter(|_| steps.prepared) {
        ignore(release_hardware(device, function));
    }
    device.remove_names();
}

/// What the driver answers on the way down changes nothing.
fn ignore(_status: Result<(), NtStatus>) {}

/// Purges, flushes, cleans up, and deletes the device.
fn finish_removal(device: &Ref<Device>) {
    let pnp = device.init().pnp;
    let (managed, others): (Vec<_>, Vec<_>) = device
        .queues()
        .into_iter()
        .partition(|queue| queue.is_power_managed());
    for queue in managed {
        queue::remove(&queue);
    }
    if let Some(function) = pnp.self_managed_io_flush {
        run(device, "EvtDeviceSelfManagedIoFlush", function);
    }
    for queue in others {
        queue::remove(&queue);
    }
    if let Some(function) = pnp.self_managed_io_cleanup {
        run(device, "EvtDeviceSelfManagedIoCleanup", function);
    }
    deletion::delete(device.object());
}

fn power_managed(device: &Ref<Device>) -> Vec<Ref<queue::Queue>> {
    let mut queues = device.queues();
    queues.retain(|queue| queue.is_power_managed());
    queues
}

fn run(device: &Ref<Device>, name: &str, function: WithDevice) {
    callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
}

fn with_status(device: &Ref<Device>, name: &str, function: StatusOf) -> Result<(), NtStatus> {
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
    status.into_result()
}

fn power(device: &Ref<Device>, name: &str, function: Option<Power>) -> Result<(), NtStatus> {
    let Some(function) = function else {
        return Ok(());
    };
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), D3_FINAL) }
    });
    status.into_result()
}

fn prepare_hardware(device: &Ref<Device>) -> Result<(), NtStatus> {
    let Some(function) = device.init().pnp.prepare_hardware else {
        return Ok(());
    };
    let (raw, translated) = (resources(device)?, resources(device)?);
    let status = callback::run("EvtDevicePrepareHardware", device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), raw.value(), translated.value()) }
    });
    status.into_result()
}

fn release_hardware(device: &Ref<Device>, function: Release) -> Result<(), NtStatus> {
    let translated = resources(device)?;
    let status = callback::run("EvtDeviceReleaseHardware", device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), translated.value()) }
    });
    status.into_result()
}

fn resources(device: &Ref<Device>) -> Result<Ref<ResourceList>, NtStatus> {
    let plan = Plan::below(device.object(), Attributes::default());
    Object::create(device.object().binding(), plan, ResourceList)
}
