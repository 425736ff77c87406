//! Errors of Windows' device installation.

use std::fmt;
use std::io;

use windows_sys::Win32::Devices::DeviceAndDriverInstallation::CONFIGRET;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SUCCESS};

use crate::exit::Exit;

/// `ERROR_NO_COMPAT_DRIVERS`: the driver store has no driver for the device.
const NO_COMPATIBLE_DRIVERS: u32 = 0xE000_0228;

/// An operation on the device node failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}: {code}")]
pub(crate) struct DeviceNodeError {
    operation: &'static str,
    code: SetupCode,
}

/// The error code of a Windows function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SetupCode {
    Win32(u32),
    /// The configuration manager has its own codes, with other meanings.
    Configuration(CONFIGRET),
}

impl DeviceNodeError {
    /// The calling thread's last error.
    pub(crate) fn last(operation: &'static str) -> Self {
        Self::system(operation, &io::Error::last_os_error())
    }

    /// An error of the system.
    fn system(operation: &'static str, error: &io::Error) -> Self {
        let code = error.raw_os_error();
        Self {
            operation,
            code: SetupCode::Win32(code.map_or(ERROR_SUCCESS, i32::cast_unsigned)),
        }
    }

    /// An error of the configuration manager.
    pub(crate) fn configuration(operation: &'static str, code: CONFIGRET) -> Self {
        Self {
            operation,
            code: SetupCode::Configuration(code),
        }
    }

    /// The Win32 error, if it is one.
    pub(crate) fn win32(&self) -> Option<u32> {
        match self.code {
            SetupCode::Win32(code) => Some(code),
            SetupCode::Configuration(_) => None,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.code {
            SetupCode::Win32(ERROR_ACCESS_DENIED) => Exit::NoAccess,
            _ => Exit::Refused,
        }
    }

    /// What the user can do.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self.code {
            SetupCode::Win32(ERROR_ACCESS_DENIED) => Some("run routectl as an administrator"),
            SetupCode::Win32(NO_COMPATIBLE_DRIVERS) => {
                Some("add the driver first: `pnputil /add-driver driver.inf`")
            }
            _ => None,
        }
    }
}

/// The text of Windows, if it has one, and the number.
impl fmt::Display for SetupCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Win32(code) => {
                let error = io::Error::from_raw_os_error(code.cast_signed());
                let text = error.to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                write!(formatter, "{text} (Win32 0x{code:08X})")
            }
            Self::Configuration(code) => write!(formatter, "CONFIGRET 0x{code:08X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Devices::DeviceAndDriverInstallation::CR_NO_SUCH_DEVNODE;

    use super::*;

    #[test]
    fn a_configuration_manager_code_is_not_a_win32_error() {
        // 13 as a Win32 error is "the data is invalid".
        let error = DeviceNodeError::configuration("list", CR_NO_SUCH_DEVNODE);
        assert_eq!(error.to_string(), "cannot list: CONFIGRET 0x0000000D");
        assert_eq!(error.win32(), None);
        assert_eq!(error.exit(), Exit::Refused);
    }

    #[test]
    fn a_win32_error_has_the_text_of_windows_and_an_exit_code() {
        let denied = io::Error::from_raw_os_error(ERROR_ACCESS_DENIED.cast_signed());
        let error = DeviceNodeError::system("list", &denied);
        let text = error.to_string();
        assert!(text.starts_with("cannot list: "), "{text}");
        assert!(text.ends_with(" (Win32 0x00000005)"), "{text}");
        assert!(!text.contains("os error"), "{text}");
        assert_eq!(error.win32(), Some(ERROR_ACCESS_DENIED));
        assert_eq!(error.exit(), Exit::NoAccess);
        assert!(error.hint().is_some());
    }
}
