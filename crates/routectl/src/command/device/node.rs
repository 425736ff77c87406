//! The driver's device node: found, made and removed through `SetupAPI`.

use std::ptr;

use serde::Serialize;
use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    CM_Get_DevNode_Status, CR_SUCCESS, DICD_GENERATE_ID, DIF_REGISTERDEVICE, DIGCF_ALLCLASSES,
    DIGCF_PRESENT, DN_HAS_PROBLEM, DN_STARTED, DiInstallDevice, DiUninstallDevice,
    GUID_DEVCLASS_SYSTEM, SP_DEVINFO_DATA, SPDRP_HARDWAREID, SetupDiCallClassInstaller,
    SetupDiCreateDeviceInfoList, SetupDiCreateDeviceInfoW, SetupDiGetClassDevsW,
    SetupDiSetDeviceRegistryPropertyW,
};
use windows_sys::w;

use super::list::{DeviceList, NodeError, empty};

/// By which the INF file knows the device.
const HARDWARE_ID: &str = "Root\\IpForward";

/// What Windows says if the driver store has no driver for a device (`ERROR_NO_COMPAT_DRIVERS`).
pub(super) const NO_DRIVER: u32 = 0xE000_0228;

/// A device of the driver's.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    /// Its name in the system, such as `ROOT\SYSTEM\0001`.
    pub(super) instance: String,
    pub(super) started: bool,
    /// Why it does not work, as the device manager numbers it.
    pub(super) problem: Option<u32>,
}

impl Node {
    pub(super) fn state(&self) -> &'static str {
        match (self.started, self.problem) {
            (_, Some(_)) => "has a problem",
            (true, None) => "started",
            (false, None) => "not started",
        }
    }
}

/// The devices of the driver's, of which there should be one.
pub(super) fn find() -> Result<Vec<Node>, NodeError> {
    let list = list_of_root(DIGCF_ALLCLASSES | DIGCF_PRESENT)?;
    let mut nodes = Vec::new();
    for element in ours(&list)? {
        let (started, problem) = status(element.DevInst)?;
        nodes.push(Node {
            instance: list.instance(&element)?,
            started,
            problem,
        });
    }
    Ok(nodes)
}

/// Makes the device and has Windows install the driver for it, which the driver store has. Tells
/// whether Windows has to be restarted.
pub(super) fn create() -> Result<bool, NodeError> {
    let list = DeviceList::own(
        // SAFETY: the class is a constant, and no window is given.
        unsafe { SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_SYSTEM, ptr::null_mut()) },
        "make a list of devices",
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
        let error = NodeError::last("install the driver for the device");
        // A device without a driver is of no use; the first error is the one that counts.
        let _ = uninstall(&list, &element);
        return Err(error);
    }
    Ok(restart != 0)
}

/// Enters a device with the driver's hardware id into the system.
fn register(list: &DeviceList) -> Result<SP_DEVINFO_DATA, NodeError> {
    let mut element = empty();
    // SAFETY: the list is open, the strings end with a zero, and the element says its size.
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
        return Err(NodeError::last("make a device"));
    }
    // A list of texts: one, ended by a zero, and the list's own end.
    let ids: Vec<u8> = HARDWARE_ID
        .encode_utf16()
        .chain([0, 0])
        .flat_map(u16::to_le_bytes)
        .collect();
    let length = u32::try_from(ids.len()).unwrap_or_default();
    // SAFETY: the element is one of the list, and `length` bytes are there.
    let set = unsafe {
        SetupDiSetDeviceRegistryPropertyW(
            list.handle(),
            &raw mut element,
            SPDRP_HARDWAREID,
            ids.as_ptr(),
            length,
        )
    };
    if set == 0 {
        return Err(NodeError::last("give the device its hardware id"));
    }
    // SAFETY: the element is one of the list.
    let registered =
        unsafe { SetupDiCallClassInstaller(DIF_REGISTERDEVICE, list.handle(), &raw const element) };
    if registered == 0 {
        return Err(NodeError::last("register the device"));
    }
    Ok(element)
}

/// Removes the driver's devices, those that are not started too. Tells whether Windows has to be restarted.
pub(super) fn remove_all() -> Result<bool, NodeError> {
    let list = list_of_root(DIGCF_ALLCLASSES)?;
    let mut restart = false;
    for element in ours(&list)? {
        restart |= uninstall(&list, &element)?;
    }
    Ok(restart)
}

fn uninstall(list: &DeviceList, element: &SP_DEVINFO_DATA) -> Result<bool, NodeError> {
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
        return Err(NodeError::last("remove the device"));
    }
    Ok(restart != 0)
}

/// The devices that are made rather than found.
fn list_of_root(which: u32) -> Result<DeviceList, NodeError> {
    // SAFETY: the string ends with a zero; neither a class nor a window is given.
    let list = unsafe { SetupDiGetClassDevsW(ptr::null(), w!("ROOT"), ptr::null_mut(), which) };
    DeviceList::own(list, "list the devices")
}

fn ours(list: &DeviceList) -> Result<Vec<SP_DEVINFO_DATA>, NodeError> {
    let mut elements = list.elements()?;
    elements.retain(|element| {
        let ids = list.property(element, SPDRP_HARDWAREID);
        ids.iter().any(|id| id.eq_ignore_ascii_case(HARDWARE_ID))
    });
    Ok(elements)
}

/// Whether a device is started, and its problem.
fn status(device: u32) -> Result<(bool, Option<u32>), NodeError> {
    let (mut status, mut problem) = (0, 0);
    // SAFETY: both places are there to be written.
    let code = unsafe { CM_Get_DevNode_Status(&raw mut status, &raw mut problem, device, 0) };
    if code != CR_SUCCESS {
        return Err(NodeError::configuration(
            "ask for the state of the device",
            code,
        ));
    }
    let problem = (status & DN_HAS_PROBLEM != 0).then_some(problem);
    Ok((status & DN_STARTED != 0, problem))
}
