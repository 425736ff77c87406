//! The removal of a device: in order, or by surprise.

use std::sync::Arc;

use nt_io::driver_object::DriverObject;
use nt_types::status::NtStatus;

use super::callbacks::{release_hardware, run, with_status};
use super::power::{D3_FINAL, leave_d0};
use super::{NO_SUCH_DEVICE, device, ignore};
use crate::device::{DeviceBody, DevicePower};
use crate::object::{Ref, deletion};
use crate::queue;

/// `STATUS_PLUGPLAY_QUERY_VETOED`.
pub const QUERY_VETOED: NtStatus = NtStatus::new(0x8000_0028);

/// Removes a device in order. Queries the driver first (`EvtDeviceQueryRemove`), then checks for
/// open files, as the `PnP` manager does. A device that was removed by surprise is removed without
/// a query.
///
/// # Errors
///
/// `STATUS_PLUGPLAY_QUERY_VETOED`: the driver refuses, or a file is open; the device continues as
/// before. `STATUS_NO_SUCH_DEVICE`: there is none with this number.
pub fn remove(driver_object: *mut DriverObject, instance: u32) -> Result<(), NtStatus> {
    let device = device(driver_object, instance).ok_or(NO_SUCH_DEVICE)?;
    if !device.is_started() {
        return finish_removal(&device);
    }
    device.io().set_opens(false);
    if let Err(veto) = query_remove(&device) {
        device.io().set_opens(true);
        return Err(veto);
    }
    go_down(&device, &Steps::of(&device));
    purge_power_managed(&device);
    last_steps(&device);
    Ok(())
}

fn query_remove(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    if let Some(function) = device.init().pnp.query_remove {
        with_status(device, "EvtDeviceQueryRemove", function).map_err(|_| QUERY_VETOED)?;
    }
    if device.io().is_open() {
        return Err(QUERY_VETOED);
    }
    Ok(())
}

/// The first half of a removal by surprise: the device is gone, its files are still open. Requests
/// in power-managed queues end now, and these queues refuse later requests. Returns the device.
/// Call [`remove`], the second half, when the last file of that device has been closed.
///
/// # Errors
///
/// `STATUS_NO_SUCH_DEVICE`: there is none with this number, or it is gone already.
pub fn surprise_remove(
    driver_object: *mut DriverObject,
    instance: u32,
) -> Result<Arc<nt_io::Device>, NtStatus> {
    let device = device(driver_object, instance).filter(|device| device.is_started());
    let device = device.ok_or(NO_SUCH_DEVICE)?;
    device.io().set_ready(false);
    if let Some(function) = device.init().pnp.surprise_removal {
        run(&device, "EvtDeviceSurpriseRemoval", function);
    }
    go_down(&device, &Steps::of(&device));
    purge_power_managed(&device);
    Ok(device.io().clone())
}

fn finish_removal(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    if device.io().is_open() {
        return Err(QUERY_VETOED);
    }
    last_steps(device);
    Ok(())
}

/// The steps of a start that have been done, and that a removal undoes.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) prepared: bool,
    pub(super) powered: bool,
    pub(super) self_managed: bool,
}

impl Steps {
    /// The steps of a started device. In low power it has suspended its I/O and left D0 already:
    /// the framework does not call those callbacks again.
    fn of(device: &Ref<DeviceBody>) -> Self {
        let is_in_d0 = device.power() == DevicePower::D0;
        Self {
            prepared: true,
            powered: is_in_d0,
            self_managed: is_in_d0,
        }
    }
}

/// Undoes `steps`: suspends, stops, powers down, releases.
pub(super) fn go_down(device: &Ref<DeviceBody>, steps: &Steps) {
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
        ignore(leave_d0(device, D3_FINAL));
    }
    if let Some(function) = pnp.release_hardware.filter(|_| steps.prepared) {
        ignore(release_hardware(device, function));
    }
    device.remove_names();
}

/// Cancels all requests in power-managed queues and makes the queues refuse new ones.
pub(super) fn purge_power_managed(device: &Ref<DeviceBody>) {
    for queue in queue::power_managed_of(device) {
        queue::purge_for_removal(&queue);
    }
    if let Some(function) = device.init().pnp.self_managed_io_flush {
        run(device, "EvtDeviceSelfManagedIoFlush", function);
    }
}

/// Purges the other queues, calls `EvtDeviceSelfManagedIoCleanup` and deletes the device.
pub(super) fn last_steps(device: &Ref<DeviceBody>) {
    let mut others = queue::all_of(device);
    others.retain(|queue| !queue.is_power_managed());
    for queue in others {
        queue::purge_for_removal(&queue);
    }
    if let Some(function) = device.init().pnp.self_managed_io_cleanup {
        run(device, "EvtDeviceSelfManagedIoCleanup", function);
    }
    deletion::delete(device.object());
}
