//! The driver's device node: found, made and removed through `SetupAPI`.

use std::ptr;

use serde::Serialize;
use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    CM_Get_DevNode_Status, CR_SUCCESS, DICD_GENERATE_ID, DIF_REGISTERDEVICE, DIGCF_ALLCLASSES,
    DIGCF_PRESENT, DN_HAS_PROBLEM, DN_STARTED, DiInstallDevice, DiUninstallDevice,
    GUID_DEVCLASS_SYSTEM, SP_DEVINFO_DATA, SPDRP_HARDWAREID, SPDRP_SECURITY_SDS,
    SetupDiCallClassInstaller, SetupDiCreateDeviceInfoList, SetupDiCreateDeviceInfoW,
    SetupDiGetClassDevsW, SetupDiSetDeviceRegistryPropertyW,
};
use windows_sys::w;

use super::list::{DeviceList, empty};
use crate::error::DeviceNodeError;

/// The hardware ID in the INF file.
const HARDWARE_ID: &str = "Root\\IpForward";

/// A device of the driver.
#[derive(Debug, Serialize)]
pub(super) struct DeviceNode {
    /// The device instance ID, such as `ROOT\SYSTEM\0001`.
    pub(super) instance: String,
    pub(super) started: bool,
    /// The problem code of the device manager.
    pub(super) problem: Option<u32>,
}

impl DeviceNode {
    pub(super) fn state(&self) -> &'static str {
        match (self.started, self.problem) {
            (_, Some(_)) => "has a problem",
            (true, None) => "started",
            (false, None) => "not started",
        }
    }
}

/// The devices of the driver; normally one.
pub(super) fn find() -> Result<Vec<DeviceNode>, DeviceNodeError> {
    let list = list_of_root(DIGCF_ALLCLASSES | DIGCF_PRESENT)?;
    let mut nodes = Vec::new();
    for element in driver_devices(&list)? {
        let (started, problem) = status(element.DevInst)?;
        nodes.push(DeviceNode {
            instance: list.instance(&element)?,
            started,
            problem,
        });
    }
    Ok(nodes)
}

/// Creates the device and installs the driver from the driver store for it. Returns true if Windows
/// has to be restarted.
pub(super) fn create() -> Result<bool, DeviceNodeError> {
    let list = DeviceList::own(
        // SAFETY: the class is a constant, and no window is given.
        unsafe { SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_SYSTEM, ptr::null_mut()) },
        "create a device list",
    )?;
    let mut element = register(&list)?;
    let mut restart = 0;
    // SAFETY: the element is one of this list; without a driver's information Windows takes the
    // best of its store.
    let installed = unsafe {
        DiInstallDevice(
            ptr::null_mut(),
            list.handle(),
            &raw mut element,
            ptr::null(),
            0,
            &raw mut restart,
        )
    };
    if installed == 0 {
        let error = DeviceNodeError::last("install the driver for the device");
        // Removes the device without a driver; reports the first error.
        let _ = uninstall(&list, &element);
        return Err(error);
    }
    Ok(restart != 0)
}

/// Registers a device with the driver's hardware ID.
fn register(list: &DeviceList) -> Result<SP_DEVINFO_DATA, DeviceNodeError> {
    let mut element = empty();
    // SAFETY: the list is open, the strings end with a zero, and the element has its size set.
    let created = unsafe {
        SetupDiCreateDeviceInfoW(
            list.handle(),
            w!("System"),
            &GUID_DEVCLASS_SYSTEM,
            ptr::null(),
            ptr::null_mut(),
            DICD_GENERATE_ID,
            &raw mut element,
        )
    };
    if created == 0 {
        return Err(DeviceNodeError::last("create a device"));
    }
    // REG_MULTI_SZ: one string with its zero, then the zero that ends the list.
    if !set_property(
        list,
        &mut element,
        SPDRP_HARDWAREID,
        &format!("{HARDWARE_ID}\0"),
    ) {
        return Err(DeviceNodeError::last("set the hardware ID of the device"));
    }
    // SAFETY: the element is one of the list.
    let registered =
        unsafe { SetupDiCallClassInstaller(DIF_REGISTERDEVICE, list.handle(), &raw const element) };
    if registered == 0 {
        return Err(DeviceNodeError::last("register the device"));
    }
    Ok(element)
}

/// Sets the security descriptor of the driver's devices, also of those that are not started. Windows
/// applies it when a device starts.
pub(super) fn set_security(sddl: &str) -> Result<(), DeviceNodeError> {
    let list = list_of_root(DIGCF_ALLCLASSES)?;
    for mut element in driver_devices(&list)? {
        if !set_property(&list, &mut element, SPDRP_SECURITY_SDS, sddl) {
            return Err(DeviceNodeError::last("set the access of the device"));
        }
    }
    Ok(())
}

/// Sets a property to a text and its zero. Returns false if Windows refuses.
fn set_property(
    list: &DeviceList,
    element: &mut SP_DEVINFO_DATA,
    property: u32,
    text: &str,
) -> bool {
    let text = text.encode_utf16().chain([0]);
    let bytes: Vec<u8> = text.flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    // SAFETY: the element is one of the list, and `length` bytes are there.
    let set = unsafe {
        SetupDiSetDeviceRegistryPropertyW(
            list.handle(),
            ptr::from_mut(element),
            property,
            bytes.as_ptr(),
            length,
        )
    };
    set != 0
}

/// Removes the driver's devices, also those that are not started. Returns true if Windows has to be
/// restarted.
pub(super) fn remove_all() -> Result<bool, DeviceNodeError> {
    let list = list_of_root(DIGCF_ALLCLASSES)?;
    let mut restart = false;
    for element in driver_devices(&list)? {
        restart |= uninstall(&list, &element)?;
    }
    Ok(restart)
}

fn uninstall(list: &DeviceList, element: &SP_DEVINFO_DATA) -> Result<bool, DeviceNodeError> {
    let mut restart = 0;
    // SAFETY: the element is one of the list.
    let done = unsafe {
        DiUninstallDevice(
            ptr::null_mut(),
            list.handle(),
            ptr::from_ref(element),
            0,
            &raw mut restart,
        )
    };
    if done == 0 {
        return Err(DeviceNodeError::last("remove the device"));
    }
    Ok(restart != 0)
}

/// The root-enumerated devices.
fn list_of_root(which: u32) -> Result<DeviceList, DeviceNodeError> {
    // SAFETY: the string ends with a zero; neither a class nor a window is given.
    let list = unsafe { SetupDiGetClassDevsW(ptr::null(), w!("ROOT"), ptr::null_mut(), which) };
    DeviceList::own(list, "list the devices")
}

fn driver_devices(list: &DeviceList) -> Result<Vec<SP_DEVINFO_DATA>, DeviceNodeError> {
    let mut elements = list.elements()?;
    elements.retain(|element| {
        let ids = list.property(element, SPDRP_HARDWAREID);
        ids.iter().any(|id| id.eq_ignore_ascii_case(HARDWARE_ID))
    });
    Ok(elements)
}

/// True if a device is started, and its problem code.
fn status(device: u32) -> Result<(bool, Option<u32>), DeviceNodeError> {
    let (mut status, mut problem) = (0, 0);
    // SAFETY: both variables can be written.
    let code = unsafe { CM_Get_DevNode_Status(&raw mut status, &raw mut problem, device, 0) };
    if code != CR_SUCCESS {
        return Err(DeviceNodeError::configuration(
            "read the state of the device",
            code,
        ));
    }
    let problem = (status & DN_HAS_PROBLEM != 0).then_some(problem);
    Ok((status & DN_STARTED != 0, problem))
}
