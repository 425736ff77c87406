//! The problem codes of the device manager.

use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    CM_PROB, CM_PROB_DISABLED, CM_PROB_DRIVER_BLOCKED, CM_PROB_DRIVER_FAILED_LOAD,
    CM_PROB_FAILED_ADD, CM_PROB_FAILED_INSTALL, CM_PROB_FAILED_START, CM_PROB_NEED_RESTART,
    CM_PROB_UNSIGNED_DRIVER,
};

/// The meaning of a code, and what the user can do.
pub(super) fn text(problem: CM_PROB) -> &'static str {
    match problem {
        CM_PROB_FAILED_START => "the driver did not start; see the system event log",
        CM_PROB_NEED_RESTART => "Windows has to be restarted",
        CM_PROB_DISABLED => "it is disabled; `pnputil /enable-device` enables it",
        CM_PROB_FAILED_INSTALL => "no driver is installed for it: `pnputil /add-driver driver.inf`",
        CM_PROB_FAILED_ADD => "the driver refused the device; see the system event log",
        CM_PROB_DRIVER_FAILED_LOAD => {
            "the driver does not load: memory integrity or a missing file; see the log of \
             Code Integrity"
        }
        CM_PROB_DRIVER_BLOCKED => "Windows has blocked the driver",
        CM_PROB_UNSIGNED_DRIVER => {
            "Windows does not trust the signature: `bcdedit /set testsigning on`, restart, and \
             the certificate among the trusted ones"
        }
        _ => "see Microsoft's list of device manager error codes",
    }
}
