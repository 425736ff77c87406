//! A device information set of `SetupAPI`.

use std::ptr;

use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    HDEVINFO, SP_DEVINFO_DATA, SetupDiDestroyDeviceInfoList, SetupDiEnumDeviceInfo,
    SetupDiGetDeviceInstanceIdW, SetupDiGetDeviceRegistryPropertyW,
};
use windows_sys::Win32::Foundation::ERROR_NO_MORE_ITEMS;

use crate::error::DeviceNodeError;

/// Owns the list; its elements are valid for as long as it.
pub(super) struct DeviceList(HDEVINFO);

impl DeviceList {
    /// Takes ownership of a list from a `SetupAPI` function.
    pub(super) fn own(list: HDEVINFO, operation: &'static str) -> Result<Self, DeviceNodeError> {
        // INVALID_HANDLE_VALUE
        if list == -1 {
            return Err(DeviceNodeError::last(operation));
        }
        Ok(Self(list))
    }

    pub(super) fn handle(&self) -> HDEVINFO {
        self.0
    }

    /// The elements, in order.
    pub(super) fn elements(&self) -> Result<Vec<SP_DEVINFO_DATA>, DeviceNodeError> {
        let mut elements = Vec::new();
        loop {
            let mut element = empty();
            let index = u32::try_from(elements.len()).unwrap_or(u32::MAX);
            // SAFETY: the list is open, and the element has its size set.
            if unsafe { SetupDiEnumDeviceInfo(self.0, index, &raw mut element) } == 0 {
                return match DeviceNodeError::last("list the devices") {
                    error if error.win32() == Some(ERROR_NO_MORE_ITEMS) => Ok(elements),
                    error => Err(error),
                };
            }
            elements.push(element);
        }
    }

    /// The device instance ID of an element.
    pub(super) fn instance(&self, element: &SP_DEVINFO_DATA) -> Result<String, DeviceNodeError> {
        // MAX_DEVICE_ID_LEN.
        let mut buffer = [0_u16; 200];
        // SAFETY: the element is one of this list, and the buffer has 200 characters.
        let done = unsafe {
            SetupDiGetDeviceInstanceIdW(
                self.0,
                ptr::from_ref(element),
                buffer.as_mut_ptr(),
                200,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Err(DeviceNodeError::last("read the name of a device"));
        }
        Ok(strings(&buffer).next().unwrap_or_default())
    }

    /// The strings of a property; none if the element lacks it.
    pub(super) fn property(&self, element: &SP_DEVINFO_DATA, property: u32) -> Vec<String> {
        let mut buffer = [0_u16; 1024];
        // SAFETY: the element is one of this list, and the buffer has 2048 bytes.
        let done = unsafe {
            SetupDiGetDeviceRegistryPropertyW(
                self.0,
                ptr::from_ref(element),
                property,
                ptr::null_mut(),
                buffer.as_mut_ptr().cast(),
                2048,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Vec::new();
        }
        strings(&buffer).collect()
    }
}

impl Drop for DeviceList {
    fn drop(&mut self) {
        // SAFETY: the list is owned by this value and not used any more.
        let _ = unsafe { SetupDiDestroyDeviceInfoList(self.0) };
    }
}

/// An empty element.
pub(super) fn empty() -> SP_DEVINFO_DATA {
    SP_DEVINFO_DATA {
        cbSize: u32::try_from(size_of::<SP_DEVINFO_DATA>()).unwrap_or_default(),
        ..SP_DEVINFO_DATA::default()
    }
}

/// The strings of a `REG_MULTI_SZ` buffer: each ends with a zero, the list with an empty string.
fn strings(buffer: &[u16]) -> impl Iterator<Item = String> + '_ {
    buffer
        .split(|&word| word == 0)
        .take_while(|string| !string.is_empty())
        .map(String::from_utf16_lossy)
}
