//! The power of a started device: it leaves D0 when the system goes to sleep, and returns to D0 when
//! the system resumes.

use nt_io::ReceivedIrp;
use nt_types::status::NtStatus;

use super::callbacks::{power, with_status};
use super::failure::{Failure, report};
use crate::device::{DeviceBody, DevicePower};
use crate::object::Ref;
use crate::queue;

/// `WdfPowerDeviceD3Final`.
pub(super) const D3_FINAL: i32 = 5;

/// `WdfPowerDeviceD3`, which a device without wake signals enters for every sleep state of the system.
const D3: i32 = 4;
/// `PowerSystemWorking`.
const SYSTEM_WORKING: usize = 1;
/// `PowerDeviceD0`.
const DEVICE_D0: usize = 1;
/// `PowerDeviceD3`.
const DEVICE_D3: usize = 4;

/// `IRP_MN_SET_POWER`: for the state of the system, or for that of the device.
pub(super) fn set_power(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    let [_, kind, state, _] = irp.parameters();
    match kind {
        // A filter does not own the power policy.
        0 if device.is_filter() => irp.pass_down(device.io()),
        0 => set_system_power(device, irp, state),
        _ if state == DEVICE_D0 => {
            let lower = irp.pass_down_and_wait(device.io());
            let resumed = lower.into_result().and_then(|()| resume(device));
            irp.complete(resumed.err().unwrap_or(NtStatus::SUCCESS))
        }
        _ => match sleep(device) {
            Ok(()) => irp.pass_down(device.io()),
            Err(status) => irp.complete(status),
        },
    }
}

/// The state of the system changes: the owner of the power policy has the device follow. Windows would
/// not wait for a device that returns to D0; here the system learns whether it has.
fn set_system_power(device: &Ref<DeviceBody>, irp: ReceivedIrp, state: usize) -> NtStatus {
    let device_state = if state == SYSTEM_WORKING {
        DEVICE_D0
    } else {
        DEVICE_D3
    };
    match nt_io::pnp::set_device_power(device.physical(), device_state) {
        Ok(()) => irp.pass_down(device.io()),
        Err(status) => irp.complete(status),
    }
}

/// Powers a started device down. Power-managed queues stop delivering: what arrives waits until the
/// device is in D0 again. A device whose driver fails is reported as failed, as
/// [`on_failure`](super::on_failure) says.
fn sleep(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let suspended = device.init().pnp.self_managed_io_suspend;
    let suspended = suspended.map_or(Ok(()), |function| {
        with_status(device, "EvtDeviceSelfManagedIoSuspend", function)
    });
    let left = leave_d0(device, D3);
    device.state.lock().power = DevicePower::Low(D3);
    fail_unless(device, suspended.and(left))
}

/// Returns a device to D0. What waits in its power-managed queues is delivered by this thread.
fn resume(device: &Ref<DeviceBody>) -> Result<(), NtStatus> {
    let DevicePower::Low(previous) = device.power() else {
        return Ok(());
    };
    fail_unless(device, go_up_again(device, previous))
}

fn go_up_again(device: &Ref<DeviceBody>, previous: i32) -> Result<(), NtStatus> {
    enter_d0(device, previous, &mut false)?;
    match device.init().pnp.self_managed_io_restart {
        Some(function) => with_status(device, "EvtDeviceSelfManagedIoRestart", function),
        None => Ok(()),
    }
}

/// The device fails if its driver has failed in a power callback: it is removed by surprise.
fn fail_unless(device: &Ref<DeviceBody>, outcome: Result<(), NtStatus>) -> Result<(), NtStatus> {
    outcome.inspect_err(|_| {
        report(Failure {
            device: device.init().instance,
            restart: false,
        });
    })
}

/// Calls what comes with the entry to D0, from `previous`, and starts the power-managed queues. Sets
/// `entered` if the device is in D0: only then it has to leave D0.
pub(super) fn enter_d0(
    device: &Ref<DeviceBody>,
    previous: i32,
    entered: &mut bool,
) -> Result<(), NtStatus> {
    let pnp = device.init().pnp;
    power(device, "EvtDeviceD0Entry", pnp.d0_entry, previous)?;
    *entered = true;
    device.state.lock().power = DevicePower::D0;
    power(
        device,
        "EvtDeviceD0EntryPostInterruptsEnabled",
        pnp.d0_entry_post_interrupts_enabled,
        previous,
    )?;
    for queue in queue::power_managed_of(device) {
        queue::power_up(&queue);
    }
    Ok(())
}

/// Stops the power-managed queues, waits for the requests that the driver has, and calls what comes
/// with the way to `target`.
pub(super) fn leave_d0(device: &Ref<DeviceBody>, target: i32) -> Result<(), NtStatus> {
    let pnp = device.init().pnp;
    device.state.lock().power = DevicePower::Off;
    for queue in queue::power_managed_of(device) {
        if target == D3_FINAL {
            queue::power_down(&queue);
        } else {
            queue::power_down_for_sleep(&queue);
        }
    }
    let prepared = power(
        device,
        "EvtDeviceD0ExitPreInterruptsDisabled",
        pnp.d0_exit_pre_interrupts_disabled,
        target,
    );
    let left = power(device, "EvtDeviceD0Exit", pnp.d0_exit, target);
    prepared.and(left)
}
