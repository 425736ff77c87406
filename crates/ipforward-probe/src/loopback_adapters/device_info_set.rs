//! A device information set of `SetupAPI`.

use std::io;
use std::ptr;

use anyhow::{Context, Result};
use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    DICD_GENERATE_ID, DIF_REGISTERDEVICE, DiInstallDevice, DiUninstallDevice, GUID_DEVCLASS_NET,
    HDEVINFO, SP_DEVINFO_DATA, SPDRP_HARDWAREID, SetupDiCallClassInstaller,
    SetupDiCreateDeviceInfoList, SetupDiCreateDeviceInfoW, SetupDiDestroyDeviceInfoList,
    SetupDiGetDeviceInstanceIdW, SetupDiGetDeviceRegistryPropertyW, SetupDiOpenDeviceInfoW,
    SetupDiSetDeviceRegistryPropertyW,
};
use windows_sys::Win32::Foundation::{ERROR_NO_SUCH_DEVINST, GetLastError};
use windows_sys::core::w;

/// `MAX_DEVICE_ID_LEN`.
const INSTANCE_ROOM: usize = 200;
const PROPERTY_ROOM: usize = 1024;

/// Owns the set; its devices are valid for as long as it.
pub(super) struct DeviceInfoSet(HDEVINFO);

impl DeviceInfoSet {
    /// A set without a device.
    pub(super) fn new() -> Result<Self> {
        // SAFETY: neither a class nor a window is given.
        let list = unsafe { SetupDiCreateDeviceInfoList(ptr::null(), ptr::null_mut()) };
        // INVALID_HANDLE_VALUE
        checked(list != -1, "create a list of devices")?;
        Ok(Self(list))
    }

    pub(super) const fn handle(&self) -> HDEVINFO {
        self.0
    }

    /// A network adapter with a device instance ID of its own. It exists only in this set.
    pub(super) fn prepare(&self) -> Result<SP_DEVINFO_DATA> {
        let mut device = empty();
        // SAFETY: the set is open, the name ends with a zero, and the element has its size set.
        let created = unsafe {
            SetupDiCreateDeviceInfoW(
                self.0,
                w!("Net"),
                &GUID_DEVCLASS_NET,
                ptr::null(),
                ptr::null_mut(),
                DICD_GENERATE_ID,
                &raw mut device,
            )
        };
        checked(created != 0, "create an adapter")?;
        Ok(device)
    }

    /// Makes a prepared device exist, with these hardware IDs, the best first.
    pub(super) fn register(&self, device: &mut SP_DEVINFO_DATA, ids: &[&str]) -> Result<()> {
        let ids = ids.iter().flat_map(|id| id.encode_utf16().chain([0]));
        let bytes: Vec<u8> = ids.chain([0]).flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(bytes.len()).context("the hardware IDs")?;
        // SAFETY: the device is one of this set, and `length` bytes are there.
        let set = unsafe {
            SetupDiSetDeviceRegistryPropertyW(
                self.0,
                ptr::from_mut(device),
                SPDRP_HARDWAREID,
                bytes.as_ptr(),
                length,
            )
        };
        checked(set != 0, "set the hardware ID of the adapter")?;
        // SAFETY: the device is one of this set.
        let registered =
            unsafe { SetupDiCallClassInstaller(DIF_REGISTERDEVICE, self.0, ptr::from_ref(device)) };
        checked(registered != 0, "register the adapter")
    }

    /// Installs the best driver of the driver store.
    pub(super) fn install(&self, device: &SP_DEVINFO_DATA) -> Result<()> {
        // SAFETY: the device is one of this set; no driver and no variable for a restart are given.
        let installed = unsafe {
            DiInstallDevice(
                ptr::null_mut(),
                self.0,
                ptr::from_ref(device),
                ptr::null(),
                0,
                ptr::null_mut(),
            )
        };
        checked(installed != 0, "install the driver of the adapter")
    }

    /// The device with this instance ID, if there is one.
    pub(super) fn open(&self, instance: &str) -> Result<Option<SP_DEVINFO_DATA>> {
        let name: Vec<u16> = instance.encode_utf16().chain([0]).collect();
        let mut device = empty();
        // SAFETY: the set is open, the name ends with a zero, and the element has its size set.
        let opened = unsafe {
            SetupDiOpenDeviceInfoW(self.0, name.as_ptr(), ptr::null_mut(), 0, &raw mut device)
        };
        // SAFETY: the function reads the last error of the thread.
        if opened == 0 && unsafe { GetLastError() } == ERROR_NO_SUCH_DEVINST {
            return Ok(None);
        }
        checked(opened != 0, "open the adapter")?;
        Ok(Some(device))
    }

    /// Removes a device.
    pub(super) fn uninstall(&self, device: &SP_DEVINFO_DATA) -> Result<()> {
        // SAFETY: the device is one of this set; no variable for a restart is given.
        let removed = unsafe {
            DiUninstallDevice(
                ptr::null_mut(),
                self.0,
                ptr::from_ref(device),
                0,
                ptr::null_mut(),
            )
        };
        checked(removed != 0, "remove the adapter")
    }

    /// The device instance ID of a device.
    pub(super) fn instance(&self, device: &SP_DEVINFO_DATA) -> Result<String> {
        let mut buffer = [0_u16; INSTANCE_ROOM];
        let room = u32::try_from(INSTANCE_ROOM).context("the room of an ID")?;
        // SAFETY: the device is one of this set, and the buffer has so much room.
        let done = unsafe {
            SetupDiGetDeviceInstanceIdW(
                self.0,
                ptr::from_ref(device),
                buffer.as_mut_ptr(),
                room,
                ptr::null_mut(),
            )
        };
        checked(done != 0, "read the name of the adapter")?;
        Ok(strings(&buffer).next().unwrap_or_default())
    }

    /// The hardware IDs of a device; none if it has none.
    pub(super) fn hardware_ids(&self, device: &SP_DEVINFO_DATA) -> Vec<String> {
        let mut buffer = [0_u16; PROPERTY_ROOM];
        let room = u32::try_from(size_of_val(&buffer)).unwrap_or_default();
        // SAFETY: the device is one of this set, and the buffer has so many bytes.
        let done = unsafe {
            SetupDiGetDeviceRegistryPropertyW(
                self.0,
                ptr::from_ref(device),
                SPDRP_HARDWAREID,
                ptr::null_mut(),
                buffer.as_mut_ptr().cast(),
                room,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Vec::new();
        }
        strings(&buffer).collect()
    }
}

impl Drop for DeviceInfoSet {
    fn drop(&mut self) {
        // SAFETY: the set is owned by this value and not used any more.
        let _ = unsafe { SetupDiDestroyDeviceInfoList(self.0) };
    }
}

/// Fails with the thread's last error, which has its number behind its text.
fn checked(done: bool, operation: &str) -> Result<()> {
    if done {
        return Ok(());
    }
    Err(io::Error::last_os_error()).with_context(|| format!("cannot {operation}"))
}

/// A device of no set.
fn empty() -> SP_DEVINFO_DATA {
    SP_DEVINFO_DATA {
        cbSize: u32::try_from(size_of::<SP_DEVINFO_DATA>()).unwrap_or_default(),
        ..SP_DEVINFO_DATA::default()
    }
}

/// The strings of a buffer: each ends with a zero, the list with an empty string.
fn strings(buffer: &[u16]) -> impl Iterator<Item = String> + '_ {
    let strings = buffer.split(|&word| word == 0);
    let strings = strings.take_while(|string| !string.is_empty());
    strings.map(String::from_utf16_lossy)
}
