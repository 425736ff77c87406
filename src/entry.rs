//! The entry points of the driver: `DriverEntry` and `EvtDriverDeviceAdd`.

use abi::NtStatus;
use abi::control_code::FILE_DEVICE_NETWORK;
use abi::device::{INTERFACE_CLASS, SYMBOLIC_LINK_NAME};
use wdk_sys::NTSTATUS;

use crate::device::DeviceContext;
use crate::handle::OpenHandle;
use crate::ioctl::RouteControl;
use crate::wdf::{
    DeviceInit, Driver, DriverObject, PassiveLevel, RegistryPath, Utf16, create_driver,
};

static LINK: Utf16<{ SYMBOLIC_LINK_NAME.len() }> = Utf16::from_ascii(SYMBOLIC_LINK_NAME);

/// The driver.
struct IpForward;

/// `DriverEntry`: `FxDriverEntry` calls it once when the image is loaded, at `PASSIVE_LEVEL`.
#[unsafe(export_name = "DriverEntry")]
extern "system" fn driver_entry(driver: DriverObject, registry_path: RegistryPath) -> NTSTATUS {
    match create_driver::<IpForward>(driver, registry_path) {
        Ok(()) => NtStatus::SUCCESS.0,
        Err(status) => status.0,
    }
}

impl Driver for IpForward {
    /// Creates the device. If a step fails, the framework undoes the earlier ones.
    ///
    /// The device object has no name: an earlier device that a program has open would keep a fixed
    /// one. Programs open the bus driver's device through the interface, so the security descriptor
    /// is that of the registry, where the INF file puts it.
    fn device_add(level: &mut PassiveLevel, init: DeviceInit<'_>) -> Result<(), NtStatus> {
        init.set_device_type(FILE_DEVICE_NETWORK);
        init.set_secure_open();
        init.set_file_objects::<OpenHandle>();
        let device = init.create::<DeviceContext>(level)?;
        // An earlier device may still have the link; programs find this one by its interface.
        let _link_is_taken = device.create_symbolic_link(level, LINK.as_unicode());
        device.create_interface(level, &INTERFACE_CLASS)?;
        device.create_default_queue::<RouteControl>(level)
    }
}
