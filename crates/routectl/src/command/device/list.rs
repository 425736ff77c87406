//! A list of devices as `SetupAPI` keeps it.

use std::fmt;
use std::io;
use std::ptr;

use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    CONFIGRET, HDEVINFO, SP_DEVINFO_DATA, SetupDiDestroyDeviceInfoList, SetupDiEnumDeviceInfo,
    SetupDiGetDeviceInstanceIdW, SetupDiGetDeviceRegistryPropertyW,
};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_NO_MORE_ITEMS, GetLastError};

use crate::exit::Exit;

/// What Windows refused to do with a device.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}: {code}")]
pub(crate) struct NodeError {
    what: &'static str,
    code: Code,
}

/// What a function of Windows says went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Win32(u32),
    /// The configuration manager's functions have numbers of their own, which mean other things.
    Configuration(CONFIGRET),
}

impl NodeError {
    /// The calling thread's last error.
    pub(super) fn last(what: &'static str) -> Self {
        // SAFETY: the function has no conditions.
        let code = unsafe { GetLastError() };
        Self {
            what,
            code: Code::Win32(code),
        }
    }

    /// What a function of the configuration manager answered.
    pub(super) fn configuration(what: &'static str, code: CONFIGRET) -> Self {
        Self {
            what,
            code: Code::Configuration(code),
        }
    }

    /// The Win32 error, if it is one.
    pub(crate) fn win32(&self) -> Option<u32> {
        match self.code {
            Code::Win32(code) => Some(code),
            Code::Configuration(_) => None,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.code {
            Code::Win32(ERROR_ACCESS_DENIED) => Exit::NoAccess,
            _ => Exit::Refused,
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&'static str> {
        match self.code {
            Code::Win32(ERROR_ACCESS_DENIED) => Some("run it as an administrator"),
            Code::Win32(super::node::NO_DRIVER) => {
                Some("add the driver first: `pnputil /add-driver driver.inf`")
            }
            _ => None,
        }
    }
}

/// The number, and Windows' words for it, if it has any.
impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Win32(code) => {
                let error = io::Error::from_raw_os_error(code.cast_signed());
                let text = error.to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                write!(formatter, "Win32 0x{code:08X}, {text}")
            }
            Self::Configuration(code) => write!(formatter, "CONFIGRET 0x{code:08X}"),
        }
    }
}

/// Owns the list; its elements are good for as long.
pub(super) struct DeviceList(HDEVINFO);

impl DeviceList {
    /// Takes what a function of `SetupAPI` has made.
    pub(super) fn own(list: HDEVINFO, what: &'static str) -> Result<Self, NodeError> {
        // INVALID_HANDLE_VALUE
        if list == -1 {
            return Err(NodeError::last(what));
        }
        Ok(Self(list))
    }

    pub(super) fn handle(&self) -> HDEVINFO {
        self.0
    }

    /// The elements, in order.
    pub(super) fn elements(&self) -> Result<Vec<SP_DEVINFO_DATA>, NodeError> {
        let mut elements = Vec::new();
        loop {
            let mut element = empty();
            let index = u32::try_from(elements.len()).unwrap_or(u32::MAX);
            // SAFETY: the list is open, and the element says how large it is.
            if unsafe { SetupDiEnumDeviceInfo(self.0, index, &raw mut element) } == 0 {
                return match NodeError::last("list the devices") {
                    error if error.code == Code::Win32(ERROR_NO_MORE_ITEMS) => Ok(elements),
                    error => Err(error),
                };
            }
            elements.push(element);
        }
    }

    /// An element's name in the system.
    pub(super) fn instance(&self, element: &SP_DEVINFO_DATA) -> Result<String, NodeError> {
        // Longer ones do not exist (MAX_DEVICE_ID_LEN).
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
            return Err(NodeError::last("read the name of a device"));
        }
        Ok(texts(&buffer).next().unwrap_or_default())
    }

    /// A text property; an element that lacks it has no text.
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
        texts(&buffer).collect()
    }
}

impl Drop for DeviceList {
    fn drop(&mut self) {
        // SAFETY: the list is this value's own, and nobody uses it any more.
        let _ = unsafe { SetupDiDestroyDeviceInfoList(self.0) };
    }
}

/// An element to be filled in.
pub(super) fn empty() -> SP_DEVINFO_DATA {
    SP_DEVINFO_DATA {
        cbSize: u32::try_from(size_of::<SP_DEVINFO_DATA>()).unwrap_or_default(),
        ..SP_DEVINFO_DATA::default()
    }
}

/// The texts in a buffer, each ended by a zero, all of them by an empty one.
fn texts(buffer: &[u16]) -> impl Iterator<Item = String> + '_ {
    buffer
        .split(|&word| word == 0)
        .take_while(|text| !text.is_empty())
        .map(String::from_utf16_lossy)
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Devices::DeviceAndDriverInstallation::CR_NO_SUCH_DEVNODE;
    use windows_sys::Win32::Foundation::SetLastError;

    use super::*;

    #[test]
    fn a_code_of_the_configuration_manager_is_no_win32_error() {
        // 13 as a Win32 error is "the data is invalid".
        let error = NodeError::configuration("ask", CR_NO_SUCH_DEVNODE);
        assert_eq!(error.to_string(), "cannot ask: CONFIGRET 0x0000000D");
        assert_eq!(error.win32(), None);
        assert_eq!(error.exit(), Exit::Refused);
    }

    #[test]
    fn a_win32_error_has_windows_words_and_an_exit_code() {
        // SAFETY: the function has no conditions.
        unsafe { SetLastError(ERROR_ACCESS_DENIED) };
        let error = NodeError::last("ask");
        let said = error.to_string();
        assert!(said.starts_with("cannot ask: Win32 0x00000005, "), "{said}");
        assert!(!said.contains("os error"), "{said}");
        assert_eq!(error.win32(), Some(ERROR_ACCESS_DENIED));
        assert_eq!(error.exit(), Exit::NoAccess);
        assert!(error.remedy().is_some());
    }
}
