//! The driver object: what the system calls when it loads the image and finds the device.

use abi::NtStatus;
use wdk_sys::NTSTATUS;

use crate::device;
use crate::wdf::{DeviceInit, Driver, DriverObject, PassiveLevel, RegistryPath, create_driver};

/// The driver.
struct IpForward;

/// `DriverEntry`: called once by `FxDriverEntry` when the image is loaded, at `PASSIVE_LEVEL`.
#[unsafe(export_name = "DriverEntry")]
extern "system" fn driver_entry(driver: DriverObject, registry_path: RegistryPath) -> NTSTATUS {
    match create_driver::<IpForward>(driver, registry_path) {
        Ok(()) => NtStatus::SUCCESS.0,
        Err(status) => status.0,
    }
}

impl Driver for IpForward {
    fn device_add(level: &PassiveLevel<'_>, init: DeviceInit<'_>) -> Result<(), NtStatus> {
        device::add(level, init)
    }
}
