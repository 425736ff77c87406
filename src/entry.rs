//! The entry points of the driver: `DriverEntry` and `EvtDriverDeviceAdd`.

use abi::NtStatus;
use abi::control_code::FILE_DEVICE_NETWORK;
use abi::device::{DEVICE_NAME, INTERFACE_CLASS, SDDL, SYMBOLIC_LINK_NAME};
use wdk_sys::NTSTATUS;

use crate::device::DeviceContext;
use crate::handle::OpenHandle;
use crate::ioctl::RouteControl;
use crate::wdf::{
    DeviceInit, Driver, DriverObject, PassiveLevel, RegistryPath, Utf16, create_driver,
};

static NAME: Utf16<{ DEVICE_NAME.len() }> = Utf16::from_ascii(DEVICE_NAME);
static LINK: Utf16<{ SYMBOLIC_LINK_NAME.len() }> = Utf16::from_ascii(SYMBOLIC_LINK_NAME);
static SECURITY: Utf16<{ SDDL.len() }> = Utf16::from_ascii(SDDL);

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
    fn device_add(level: &mut PassiveLevel, init: DeviceInit<'_>) -> Result<(), NtStatus> {
        init.set_device_type(FILE_DEVICE_NETWORK);
        init.set_secure_open();
        init.assign_name(level, NAME.as_unicode())?;
        init.assign_sddl(level, SECURITY.as_unicode())?;
        init.set_file_objects::<OpenHandle>();
        let device = init.create::<DeviceContext>(level)?;
        device.create_symbolic_link(level, LINK.as_unicode())?;
        device.create_interface(level, &INTERFACE_CLASS)?;
        device.create_default_queue::<RouteControl>(level)
    }
}
