//! The root bus: the bus driver of all devices that the `PnP` manager finds here. It creates their
//! physical device objects and answers the IRPs that reach these.

use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::complete_request;
use crate::device::{Device, FILE_DEVICE_UNKNOWN, IoType, Settings};
use crate::driver_object::{self, DriverObject};
use crate::major_function::{PNP, POWER, SYSTEM_CONTROL};
use crate::packet::Packet;
use crate::pnp_minor as minor;
use crate::{device_property, devices, instance_path, reenumeration, security};

/// The descriptor of a physical device object if the registry has none: every user may read and write.
const DEFAULT_SDDL: &str = "D:P(A;;GRGWGX;;;WD)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGX;;;RC)";

/// The descriptor that the registry has for the devices of the hosted driver.
static SECURITY: Mutex<Option<String>> = Mutex::new(None);

/// The address of the bus driver's object.
static DRIVER: LazyLock<usize> = LazyLock::new(|| {
    let routine = dispatch as *const () as usize;
    driver_object::create("PnpManager", 0, 0, 0, routine).expose_provenance()
});

/// Sets the `Security` property of all devices that are found from now on.
///
/// # Errors
///
/// `STATUS_INVALID_SECURITY_DESCR` if the text is no security descriptor.
pub fn set_security(sddl: Option<String>) -> Result<(), NtStatus> {
    if let Some(sddl) = &sddl {
        security::parse(sddl)?;
    }
    *SECURITY.lock() = sddl;
    Ok(())
}

/// The descriptor that the registry has.
pub fn registry_security() -> Option<String> {
    SECURITY.lock().clone()
}

/// A new physical device object for the device with this instance path, as in `ROOT#echo#0000`.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: no memory.
pub fn enumerate(path: &str) -> Result<Arc<Device>, NtStatus> {
    let driver_object: *mut DriverObject = std::ptr::with_exposed_provenance_mut(*DRIVER);
    let device = devices::create_device(Settings {
        driver_object,
        name: Some(devices::automatic_name()),
        sddl: Some(registry_security().unwrap_or_else(|| DEFAULT_SDDL.to_owned())),
        exclusive: false,
        io_type: IoType::Neither,
        device_type: FILE_DEVICE_UNKNOWN,
        characteristics: 0,
        extension_size: 0,
    })?;
    instance_path::enter(device.address(), path);
    Ok(device)
}

/// The number of a device among those of its driver.
#[must_use]
pub fn instance_of(device: &Device) -> Option<u32> {
    instance_path::number_of(device.address())
}

/// The device has gone.
pub fn remove(device: &Device) {
    if let Some(path) = instance_path::remove(device.address()) {
        device_property::forget(&path);
    }
    devices::delete_device(device);
}

/// The dispatch routine for all major functions.
extern "win64" fn dispatch(device_object: usize, packet: usize) -> NtStatus {
    // SAFETY: an IRP that this driver has just got.
    let known = unsafe { Packet::at(packet) };
    let before = known.io_status.get();
    let Some(location) = known.current() else {
        return before.status;
    };
    let status = match location.major_function.get() {
        PNP if location.minor_function.get() == minor::QUERY_INTERFACE => {
            reenumeration::query_interface(device_object, location).unwrap_or(before.status)
        }
        PNP => answer_pnp(
            location.minor_function.get(),
            location.parameters[0].get(),
            before.status,
        ),
        POWER => NtStatus::SUCCESS,
        // The bus provides no data to WMI.
        SYSTEM_CONTROL => before.status,
        // A root-enumerated device is opened and used through its function driver only.
        _ => NtStatus::INVALID_DEVICE_REQUEST,
    };
    complete_request::complete_with(packet, status, before.information);
    status
}

/// The answer to an `IRP_MJ_PNP`; what the bus does not know keeps its status.
fn answer_pnp(number: u8, parameter: usize, before: NtStatus) -> NtStatus {
    match number {
        minor::QUERY_CAPABILITIES => {
            let capabilities =
                std::ptr::with_exposed_provenance_mut::<DeviceCapabilities>(parameter);
            // SAFETY: by contract the sender's structure.
            unsafe { (*capabilities).device_state = DEVICE_STATES };
            NtStatus::SUCCESS
        }
        minor::START_DEVICE
        | minor::QUERY_REMOVE_DEVICE
        | minor::REMOVE_DEVICE
        | minor::CANCEL_REMOVE_DEVICE
        | minor::STOP_DEVICE
        | minor::QUERY_STOP_DEVICE
        | minor::CANCEL_STOP_DEVICE
        | minor::SURPRISE_REMOVAL => NtStatus::SUCCESS,
        _ => before,
    }
}

/// `DEVICE_CAPABILITIES`.
#[repr(C)]
pub(crate) struct DeviceCapabilities {
    pub(crate) size: u16,
    pub(crate) version: u16,
    bits: u32,
    pub(crate) address: u32,
    pub(crate) ui_number: u32,
    /// The device's power state for each of the system's.
    device_state: [i32; 7],
    wake: [i32; 2],
    latency: [u32; 3],
}

const _: () = assert!(size_of::<DeviceCapabilities>() == 64);

/// `PowerDeviceD0` while the system works, `PowerDeviceD3` otherwise.
const DEVICE_STATES: [i32; 7] = [0, 1, 4, 4, 4, 4, 4];

impl DeviceCapabilities {
    /// One as it is sent with `IRP_MN_QUERY_CAPABILITIES`.
    pub(crate) fn new() -> Self {
        Self {
            size: 64,
            version: 1,
            bits: 0,
            address: u32::MAX,
            ui_number: u32::MAX,
            device_state: [0; 7],
            wake: [0; 2],
            latency: [0; 3],
        }
    }
}
