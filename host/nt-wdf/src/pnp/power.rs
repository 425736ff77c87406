//! The power of a started device: it leaves D0 when the system goes to sleep, and returns to D0 when
//! the system resumes.

use nt_io::driver_object::DriverObject;
use nt_types::status::NtStatus;

use super::callbacks::{power, with_status};
use super::failure::{Failure, report};
use super::{NO_SUCH_DEVICE, device};
use crate::device::{DeviceBody, DevicePower};
use crate::object::Ref;
use crate::queue;
use crate::status::POWER_STATE_INVALID;

/// `WdfPowerDeviceD3Final`.
pub(super) const D3_FINAL: i32 = 5;

/// A low-power state that a device returns from, with its number in `WDF_POWER_DEVICE_STATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum LowPowerState {
    /// `WdfPowerDeviceD1`.
    D1 = 2,
    /// `WdfPowerDeviceD2`.
    D2 = 3,
    /// `WdfPowerDeviceD3`, which a device without wake signals enters for every sleep state of the
    /// system.
    D3 = 4,
}

/// Powers a started device down. Power-managed queues stop delivering: what arrives waits until
/// [`resume`]. A device whose driver fails is reported as failed, as
/// [`on_failure`](super::on_failure) says.
///
/// # Errors
///
/// `STATUS_NO_SUCH_DEVICE`: no started device has this number. `STATUS_POWER_STATE_INVALID`: the
/// device is in low power already. Otherwise the driver's status.
pub fn sleep(
    driver_object: *mut DriverObject,
    instance: u32,
    target: LowPowerState,
) -> Result<(), NtStatus> {
    let device = started_device(driver_object, instance)?;
    if device.power() != DevicePower::D0 {
        return Err(POWER_STATE_INVALID);
    }
    let suspended = device.init().pnp.self_managed_io_suspend;
    let suspended = suspended.map_or(Ok(()), |function| {
        with_status(&device, "EvtDeviceSelfManagedIoSuspend", function)
    });
    let left = leave_d0(&device, target as i32);
    device.state.lock().power = DevicePower::Low(target as i32);
    fail_unless(&device, suspended.and(left))
}

/// Returns a device to D0 from the state that [`sleep`] put it into. What waits in its power-managed
/// queues is delivered by this thread.
///
/// # Errors
///
/// As for [`sleep`]; `STATUS_POWER_STATE_INVALID`: the device is in D0.
pub fn resume(driver_object: *mut DriverObject, instance: u32) -> Result<(), NtStatus> {
    let device = started_device(driver_object, instance)?;
    let DevicePower::Low(previous) = device.power() else {
        return Err(POWER_STATE_INVALID);
    };
    fail_unless(&device, go_up_again(&device, previous))
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

fn started_device(
    driver_object: *mut DriverObject,
    instance: u32,
) -> Result<Ref<DeviceBody>, NtStatus> {
    device(driver_object, instance)
        .filter(|device| device.is_started())
        .ok_or(NO_SUCH_DEVICE)
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
