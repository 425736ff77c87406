//! The removal of a device: in order, or by surprise.

use nt_io::ReceivedIrp;
use nt_types::status::NtStatus;

use super::callbacks::{release_hardware, run, with_status};
use super::ignore;
use super::power::{D3_FINAL, leave_d0};
use crate::device::{DeviceBody, DevicePower};
use crate::object::{Ref, deletion};
use crate::queue;

/// `IRP_MN_QUERY_REMOVE_DEVICE`: the driver may refuse.
pub(super) fn query_remove(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    let queried = device.init().pnp.query_remove.map_or(Ok(()), |function| {
        with_status(device, "EvtDeviceQueryRemove", function)
    });
    match queried {
        Ok(()) => irp.pass_down(device.io()),
        Err(status) => irp.complete(status),
    }
}

/// `IRP_MN_SURPRISE_REMOVAL`: the device is gone, its files are still open. Requests in power-managed
/// queues end now, and these queues refuse later requests.
pub(super) fn surprise_remove(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    if let Some(function) = device.init().pnp.surprise_removal {
        run(device, "EvtDeviceSurpriseRemoval", function);
    }
    go_down(device, &Steps::of(device));
    purge_power_managed(device);
    irp.pass_down(device.io())
}

/// `IRP_MN_REMOVE_DEVICE`: in order, or the second half of a removal by surprise, or after a start that has
/// failed.
pub(super) fn remove(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    if device.is_started() {
        go_down(device, &Steps::of(device));
        purge_power_managed(device);
    }
    last_steps(device);
    let status = irp.pass_down(device.io());
    deletion::delete(device.object());
    status
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

/// Purges the other queues and calls `EvtDeviceSelfManagedIoCleanup`.
fn last_steps(device: &Ref<DeviceBody>) {
    let mut others = queue::all_of(device);
    others.retain(|queue| !queue.is_power_managed());
    for queue in others {
        queue::purge_for_removal(&queue);
    }
    if let Some(function) = device.init().pnp.self_managed_io_cleanup {
        run(device, "EvtDeviceSelfManagedIoCleanup", function);
    }
}
