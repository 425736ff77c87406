//! Unloading the driver.

use nt_kernel::{callback_guard, warning};

use crate::driver_object::{self, DriverObject};
use crate::{devices, driver_extension};

/// Unloads the driver: calls its `DriverUnload` as soon as none of its files is open.
///
/// # Panics
///
/// If [`create_driver`](crate::create_driver) did not make this object.
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "it is looked up among the objects that live for ever"
)]
pub fn unload_driver(object: *mut DriverObject) {
    assert!(driver_object::exists(object), "no driver object");
    for device in devices::devices_of(object) {
        device.wait_closed();
    }
    if let Some(routine) = driver_object::driver_unload(object) {
        callback_guard::run("DriverUnload", || {
            // SAFETY: the driver set this routine, for this call.
            unsafe { routine(object) }
        });
    } else {
        let service = driver_object::service_name(object);
        warning(format!(
            "{service} has no DriverUnload: it cannot be unloaded"
        ));
    }
    driver_extension::free(object);
}
