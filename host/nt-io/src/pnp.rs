//! The `PnP` manager: it has the root bus create a device, calls `AddDevice`, and starts, removes and
//! powers the device by IRPs.
//!
//! One thread of the host calls these functions, one after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

use nt_kernel::{callback_guard, driver_image};
use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::call_driver::call_driver;
use crate::device::{DO_DEVICE_INITIALIZING, Device};
use crate::device_irp::DeviceIrp;
use crate::driver_object::{self, DriverObject};
use crate::irp_table::{self, Originator, Purpose};
use crate::major_function::{PNP, POWER};
use crate::packet::StackLocation;
use crate::root_bus::DeviceCapabilities;
use crate::violation::{self, WdmError};
use crate::{devices, names_api, pnp_minor as minor, root_bus, stack_rules};

/// `STATUS_NO_SUCH_DEVICE`: no device has that number.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);
/// `STATUS_POWER_STATE_INVALID`: the device sleeps, or does not.
const POWER_STATE_INVALID: NtStatus = NtStatus::new(0xC000_02D3);
/// `STATUS_PLUGPLAY_QUERY_VETOED`.
pub const QUERY_VETOED: NtStatus = NtStatus::new(0x8000_0028);
/// `PowerSystemWorking`.
const SYSTEM_WORKING: usize = 1;
/// `PowerSystemSleeping3`.
const SYSTEM_SLEEPING: usize = 4;
/// `PowerActionSleep`.
const ACTION_SLEEP: usize = 2;

/// `AddDevice`.
type AddDevice = unsafe extern "win64" fn(*mut DriverObject, physical: usize) -> NtStatus;

/// A device of a driver.
#[derive(Clone)]
struct Found {
    physical: Arc<Device>,
    /// False after a removal by surprise.
    is_started: bool,
    /// Whether it went to sleep with the system.
    is_asleep: bool,
}

/// The devices, by driver object and number.
static FOUND: Mutex<BTreeMap<(usize, u32), Found>> = Mutex::new(BTreeMap::new());

fn found(driver: *mut DriverObject, instance: u32) -> Result<Found, NtStatus> {
    let found = FOUND.lock().get(&(driver.addr(), instance)).cloned();
    found.ok_or(NO_SUCH_DEVICE)
}

/// Ends what follows `DriverEntry`: the devices that it created can be opened.
pub fn finish_driver_entry(driver: *mut DriverObject) {
    for device in devices::devices_of(driver) {
        device
            .device_object()
            .change_flags(0, DO_DEVICE_INITIALIZING);
    }
}

/// Starts a root-enumerated device with this number of the service of `driver`, its function driver: calls
/// `AddDevice` of each driver of `stack`, the lowest first, then sends `IRP_MN_START_DEVICE` and what follows
/// it. Whether there is one now: a driver need not add a device.
///
/// # Errors
///
/// What the drivers answer. Nothing is left of the device then.
pub fn start(
    driver: *mut DriverObject,
    stack: &[*mut DriverObject],
    service: &str,
    instance: u32,
) -> Result<bool, NtStatus> {
    let physical = root_bus::enumerate(&format!("ROOT#{service}#{instance:04}"))?;
    let added = stack.iter().try_for_each(|driver| add(*driver, &physical));
    let has_device = physical.device_object().attached() != 0;
    if !has_device {
        root_bus::remove(&physical);
        return added.map(|()| false);
    }
    if let Err(status) = added {
        finish_removal(&physical);
        return Err(status);
    }
    stack_rules::require_sound(&physical);
    if let Err(status) = send_pnp(&physical, minor::START_DEVICE, 0) {
        finish_removal(&physical);
        return Err(status);
    }
    let mut capabilities = DeviceCapabilities::new();
    let place = (&raw mut capabilities).expose_provenance();
    // A driver may fail it: the device works without.
    let _ = send_pnp(&physical, minor::QUERY_CAPABILITIES, place);
    physical.set_ready(true);
    let started = Found {
        physical,
        is_started: true,
        is_asleep: false,
    };
    FOUND.lock().insert((driver.addr(), instance), started);
    Ok(true)
}

/// The drivers that have a device in the stack of the device with this number, from the bottom to the top.
#[must_use]
pub fn drivers_of(driver: *mut DriverObject, instance: u32) -> Vec<*mut DriverObject> {
    let Ok(Found { physical, .. }) = found(driver, instance) else {
        return Vec::new();
    };
    let devices = devices::above(&physical);
    let drivers = devices.iter().map(|device| device.device_object().driver());
    drivers.collect()
}

/// Calls the driver's `AddDevice`, if it has one.
fn add(driver: *mut DriverObject, physical: &Device) -> Result<(), NtStatus> {
    let routine = driver_object::add_device(driver);
    if routine == 0 {
        return Ok(());
    }
    // The host's own framework guards the calls that it makes of the driver.
    let is_guarded = driver_image::is_code(routine);
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: the driver's AddDevice, which has this type by contract.
    let routine = unsafe { std::mem::transmute::<*const (), AddDevice>(routine) };
    // SAFETY: called with what it is for.
    let call = || unsafe { routine(driver, physical.address()) };
    let status = if is_guarded {
        callback_guard::run("AddDevice", call)
    } else {
        call()
    };
    status.into_result()
}

/// Removes a device in order. A device that was removed by surprise is removed without a query.
///
/// # Errors
///
/// `STATUS_PLUGPLAY_QUERY_VETOED`: the driver refuses, or a file is open; the device continues as
/// before. `STATUS_NO_SUCH_DEVICE`: there is none with this number.
pub fn remove(driver: *mut DriverObject, instance: u32) -> Result<(), NtStatus> {
    let Found {
        physical,
        is_started,
        ..
    } = found(driver, instance)?;
    if is_started {
        physical.set_opens(false);
        let queried = send_pnp(&physical, minor::QUERY_REMOVE_DEVICE, 0);
        if queried.is_err() || physical.is_open() {
            // A cancel cannot fail.
            let _ = send_pnp(&physical, minor::CANCEL_REMOVE_DEVICE, 0);
            physical.set_opens(true);
            return Err(QUERY_VETOED);
        }
    } else if physical.is_open() {
        return Err(QUERY_VETOED);
    }
    FOUND.lock().remove(&(driver.addr(), instance));
    finish_removal(&physical);
    Ok(())
}

/// `IRP_MN_REMOVE_DEVICE`, after which the drivers have no device there any more.
fn finish_removal(physical: &Arc<Device>) {
    physical.set_ready(false);
    let own = devices::above(physical);
    if let Err(status) = send_pnp(physical, minor::REMOVE_DEVICE, 0) {
        let rule =
            format!("the driver answered IRP_MN_REMOVE_DEVICE with {status}: it cannot fail");
        violation::stop(WdmError::FAILED_REMOVAL, [physical.address(), 0, 0], &rule);
    }
    for device in own {
        let (error, missing) = if device.lower().is_some() {
            (WdmError::NOT_DETACHED, "IoDetachDevice")
        } else if device.is_deleted() {
            continue;
        } else {
            (WdmError::NOT_DELETED, "IoDeleteDevice")
        };
        let rule = format!("it handled IRP_MN_REMOVE_DEVICE without {missing}");
        let rule = violation::rule_for(&device, &rule);
        violation::stop(error, [device.address(), 0, 0], &rule);
    }
    names_api::forget_interfaces(physical);
    root_bus::remove(physical);
}

/// The first half of a removal by surprise: the device is gone, its files are still open. Returns the
/// device. Call [`remove`], the second half, when the last file of that device has been closed.
///
/// # Errors
///
/// `STATUS_NO_SUCH_DEVICE`: there is none with this number, or it is gone already.
pub fn surprise_remove(driver: *mut DriverObject, instance: u32) -> Result<Arc<Device>, NtStatus> {
    let gone = found(driver, instance)
        .ok()
        .filter(|found| found.is_started);
    let physical = gone.ok_or(NO_SUCH_DEVICE)?.physical;
    physical.set_ready(false);
    if let Some(found) = FOUND.lock().get_mut(&(driver.addr(), instance)) {
        found.is_started = false;
    }
    let own = devices::above(&physical);
    // It is gone, whatever the drivers answer.
    let _ = send_pnp(&physical, minor::SURPRISE_REMOVAL, 0);
    if let Some(device) = own.iter().find(|device| device.lower().is_none()) {
        let rule =
            "it detached its device at IRP_MN_SURPRISE_REMOVAL: IRP_MN_REMOVE_DEVICE comes later";
        violation::stop(
            WdmError::DETACHED_BY_SURPRISE,
            [0, device.address(), 0],
            &violation::rule_for(device, rule),
        );
    }
    Ok(physical)
}

/// Puts a device to sleep with the system: `IRP_MN_QUERY_POWER`, then `IRP_MN_SET_POWER`.
///
/// # Errors
///
/// `STATUS_NO_SUCH_DEVICE`: no started device has this number. `STATUS_POWER_STATE_INVALID`: the device
/// sleeps already. The driver's status otherwise.
pub fn sleep(driver: *mut DriverObject, instance: u32) -> Result<(), NtStatus> {
    let physical = started(driver, instance, false)?;
    send_power(&physical, minor::QUERY_POWER, SYSTEM_SLEEPING, ACTION_SLEEP)?;
    set_asleep(driver, instance, true);
    send_power(&physical, minor::SET_POWER, SYSTEM_SLEEPING, ACTION_SLEEP)
}

/// Resumes a device with the system.
///
/// # Errors
///
/// As for [`sleep`]; `STATUS_POWER_STATE_INVALID`: the device does not sleep.
pub fn resume(driver: *mut DriverObject, instance: u32) -> Result<(), NtStatus> {
    let physical = started(driver, instance, true)?;
    set_asleep(driver, instance, false);
    send_power(&physical, minor::SET_POWER, SYSTEM_WORKING, ACTION_SLEEP)
}

/// A started device that sleeps, or does not.
fn started(
    driver: *mut DriverObject,
    instance: u32,
    is_asleep: bool,
) -> Result<Arc<Device>, NtStatus> {
    let found = found(driver, instance)?;
    if !found.is_started {
        Err(NO_SUCH_DEVICE)
    } else if found.is_asleep == is_asleep {
        Ok(found.physical)
    } else {
        Err(POWER_STATE_INVALID)
    }
}

fn set_asleep(driver: *mut DriverObject, instance: u32, is_asleep: bool) {
    if let Some(found) = FOUND.lock().get_mut(&(driver.addr(), instance)) {
        found.is_asleep = is_asleep;
    }
}

/// Sends `IRP_MN_SET_POWER` for the state of the device itself to the top of its stack, as the driver that
/// owns its power policy requests it, and waits for its outcome. `state` is a `DEVICE_POWER_STATE`.
///
/// # Errors
///
/// What the drivers answer.
pub fn set_device_power(physical: &Device, state: usize) -> Result<(), NtStatus> {
    let sent = send(physical.address(), POWER, minor::SET_POWER, |location| {
        let [_, kind, new_state, _] = &location.parameters;
        // `DevicePowerState`.
        kind.set(1);
        new_state.set(state);
    });
    sent.map(|_| ())
}

/// Sends `IRP_MN_QUERY_INTERFACE` with these parameters to the top of the stack that has `device`, and waits
/// for its outcome.
///
/// # Errors
///
/// `STATUS_NOT_SUPPORTED`: no driver has the interface. What the driver answers that has it.
pub fn query_interface(device: &Device, parameters: [usize; 4]) -> Result<(), NtStatus> {
    let sent = send(device.address(), PNP, minor::QUERY_INTERFACE, |location| {
        for (to, from) in location.parameters.iter().zip(parameters) {
            to.set(from);
        }
    });
    sent.map(|_| ())
}

fn send_pnp(physical: &Device, number: u8, parameter: usize) -> Result<(), NtStatus> {
    let sent = send(physical.address(), PNP, number, |location| {
        location.parameters[0].set(parameter);
    });
    sent.map(|_| ())
}

/// Sends a power IRP for a state of the system.
fn send_power(physical: &Device, number: u8, state: usize, action: usize) -> Result<(), NtStatus> {
    let sent = send(physical.address(), POWER, number, |location| {
        let [_, kind, new_state, reason] = &location.parameters;
        // `SystemPowerState`.
        kind.set(0);
        new_state.set(state);
        reason.set(action);
    });
    sent.map(|_| ())
}

/// Sends an IRP to the top of the stack that has `device_object`, and waits for its outcome. Returns
/// `IoStatus.Information`.
pub(crate) fn send(
    device_object: usize,
    major: u8,
    number: u8,
    fill: impl FnOnce(&StackLocation),
) -> Result<u64, NtStatus> {
    let irp = DeviceIrp::new(device_object, major, number, fill);
    let DeviceIrp { top, memory } = irp.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
    let address = memory.address();
    let (answer, answered) = mpsc::channel();
    let originator = Originator::System {
        memory,
        purpose: Purpose::Device,
        done: Box::new(move |status, information| {
            // The receiver waits below.
            let _ = answer.send((status, information));
        }),
    };
    irp_table::insert(address, originator);
    // What the dispatch routine returns has been compared with what it did.
    let _ = call_driver(top, address);
    let answer = answered.recv();
    let (status, information) = answer.unwrap_or((NtStatus::UNSUCCESSFUL, 0));
    status.into_result().map(|()| information)
}
