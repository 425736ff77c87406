//! The start of a device.

use nt_io::ReceivedIrp;
use nt_types::status::NtStatus;

use super::callbacks::{prepare_hardware, with_status};
use super::power::{D3_FINAL, enter_d0};
use super::removal::{Steps, go_down, purge_power_managed};
use crate::device::DeviceBody;
use crate::interface;
use crate::object::Ref;

/// `IRP_MN_START_DEVICE`: the drivers below start the device first.
pub(super) fn start_device(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    let lower = irp.pass_down_and_wait(device.io());
    let started = lower.into_result().and_then(|()| start(device));
    irp.complete(started.err().unwrap_or(NtStatus::SUCCESS))
}

/// Starts the device, or undoes what has been done; then `IRP_MN_REMOVE_DEVICE` follows.
fn start(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let mut steps = Steps::default();
    let started = go_up(device, &mut steps);
    if started.is_err() {
        go_down(device, &steps);
        purge_power_managed(device);
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
