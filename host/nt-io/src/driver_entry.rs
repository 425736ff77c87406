//! The call of a driver's entry point.

use nt_kernel::callback_guard;
use nt_types::NtStatus;

use crate::driver_extension;
use crate::driver_object::DriverObject;

/// Calls `entry`, the driver's entry point. What belongs to the driver object goes if it fails: no
/// `DriverUnload` comes then.
pub fn enter_driver(object: *mut DriverObject, entry: impl FnOnce() -> NtStatus) -> NtStatus {
    let status = callback_guard::run("DriverEntry", entry);
    if !status.is_success() {
        driver_extension::free(object);
    }
    status
}
