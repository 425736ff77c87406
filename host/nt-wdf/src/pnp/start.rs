//! The start of a device.

use nt_io::driver_object::DriverObject;
use nt_io::root_bus;
use nt_types::status::NtStatus;

use super::callbacks::{prepare_hardware, with_status};
use super::power::{D3_FINAL, enter_d0};
use super::removal::{Steps, go_down, last_steps, purge_power_managed};
use super::{device, driver_of};
use crate::device::DeviceBody;
use crate::device_init::{DeviceKind, DeviceSettings, Name, register_init, unregister_init};
use crate::driver::DriverBody;
use crate::interface;
use crate::object::{Ref, deletion};

/// Starts the driver's root-enumerated device with this number: `EvtDriverDeviceAdd` and what
/// follows it. Whether there is one now: a driver need not add a device.
///
/// # Errors
///
/// What the driver answers. Nothing is left of the device then.
pub fn start(driver_object: *mut DriverObject, instance: u32) -> Result<bool, NtStatus> {
    let Some(driver) = driver_of(driver_object) else {
        return Ok(false);
    };
    let physical =
        root_bus::enumerate(&format!("ROOT#{}#{instance:04}", driver.object().binding()))?;
    let init = register_init(DeviceSettings {
        instance,
        physical: Some(physical.clone()),
        ..DeviceSettings::new(DeviceKind::Pnp, Name::None, None)
    });
    let added = DriverBody::add_device(&driver, init.0);
    unregister_init(init);
    let device = device(driver_object, instance);
    if let Err(status) = added.unwrap_or(NtStatus::SUCCESS).into_result() {
        if let Some(device) = device {
            deletion::delete(device.object());
        }
        root_bus::remove(&physical);
        return Err(status);
    }
    if let Some(device) = device {
        return start_device(&device).map(|()| true);
    }
    root_bus::remove(&physical);
    Ok(false)
}

fn start_device(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let mut steps = Steps::default();
    let started = go_up(device, &mut steps);
    if started.is_err() {
        go_down(device, &steps);
        purge_power_managed(device);
        last_steps(device);
    }
    started
}

fn go_up(device: &Ref<DeviceBody>, steps: &mut Steps) -> Result<(), NtStatus> {
    let pnp = device.init().pnp;
    steps.prepared = true;
    prepare_hardware(device)?;
    enter_d0(device, D3_FINAL, &mut steps.powered)?;
    if let Some(function) = pnp.self_managed_io_init {
        steps.self_managed = true;
        with_status(device, "EvtDeviceSelfManagedIoInit", function)?;
    }
    device.state.lock().started = true;
    device.io().set_ready(true);
    interface::enable(device);
    Ok(())
}
