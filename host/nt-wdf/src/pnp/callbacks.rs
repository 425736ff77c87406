//! What a driver wants to be called for in its device's life, and the calls.

use nt_types::status::NtStatus;

use super::super::attributes::Attributes;
use super::super::callback;
use super::super::device::Device;
use super::super::handle::{Handle, Kind};
use super::super::object::{Body, Object, Plan, Ref};
use crate::kernel::fault;

pub(super) type WithDevice = unsafe extern "win64" fn(Handle<Device>);
pub(super) type StatusOf = unsafe extern "win64" fn(Handle<Device>) -> NtStatus;
pub(super) type Power = unsafe extern "win64" fn(Handle<Device>, i32) -> NtStatus;
type Prepare = unsafe extern "win64" fn(Handle<Device>, usize, usize) -> NtStatus;
pub(super) type Release = unsafe extern "win64" fn(Handle<Device>, usize) -> NtStatus;

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

pub(super) fn run(device: &Ref<Device>, name: &str, function: WithDevice) {
    callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
}

pub(super) fn with_status(
    device: &Ref<Device>,
    name: &str,
    function: StatusOf,
) -> Result<(), NtStatus> {
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
    status.into_result()
}

pub(super) fn power(
    device: &Ref<Device>,
    name: &str,
    function: Option<Power>,
) -> Result<(), NtStatus> {
    let Some(function) = function else {
        return Ok(());
    };
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), D3_FINAL) }
    });
    status.into_result()
}

pub(super) fn prepare_hardware(device: &Ref<Device>) -> Result<(), NtStatus> {
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

pub(super) fn release_hardware(device: &Ref<Device>, function: Release) -> Result<(), NtStatus> {
    let translated = resources(device)?;
    let status = callback::run("EvtDeviceReleaseHardware", device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), translated.value()) }
    });
    status.into_result()
}

fn resources(device: &Ref<Device>) -> Result<Ref<ResourceList>, NtStatus> {
    if fault::inject(Kind::ResourceList.name()) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let plan = Plan::below(device.object(), Attributes::default());
    Object::create(device.object().binding(), plan, ResourceList)
}
