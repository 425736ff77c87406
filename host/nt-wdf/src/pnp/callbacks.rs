//! The `PnP` callbacks that a driver has registered for its device, and the calls of them.

use nt_types::status::NtStatus;

use crate::device::DeviceBody;
use crate::device_init::{DeviceCallback, PowerCallback, ReleaseCallback, StatusCallback};
use crate::object::Ref;
use crate::{callback, resource_list};

pub(super) fn run(device: &Ref<DeviceBody>, name: &str, function: DeviceCallback) {
    callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
}

pub(super) fn with_status(
    device: &Ref<DeviceBody>,
    name: &str,
    function: StatusCallback,
) -> Result<(), NtStatus> {
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle()) }
    });
    status.into_result()
}

/// Calls a power callback with the state that the device comes from or goes to.
pub(super) fn power(
    device: &Ref<DeviceBody>,
    name: &str,
    function: Option<PowerCallback>,
    state: i32,
) -> Result<(), NtStatus> {
    let Some(function) = function else {
        return Ok(());
    };
    let status = callback::run(name, device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), state) }
    });
    status.into_result()
}

pub(super) fn prepare_hardware(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let Some(function) = device.init().pnp.prepare_hardware else {
        return Ok(());
    };
    let (raw, translated) = (resource_list::of(device)?, resource_list::of(device)?);
    let status = callback::run("EvtDevicePrepareHardware", device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), raw.handle(), translated.handle()) }
    });
    status.into_result()
}

pub(super) fn release_hardware(
    device: &Ref<DeviceBody>,
    function: ReleaseCallback,
) -> Result<(), NtStatus> {
    let translated = resource_list::of(device)?;
    let status = callback::run("EvtDeviceReleaseHardware", device.value(), || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { function(device.handle(), translated.handle()) }
    });
    status.into_result()
}
