//! A new driver object: its dispatch routines refuse every IRP until the driver sets others.

use nt_kernel::ob::references;
use nt_types::NtStatus;

use crate::driver_object::{self, DriverObject};
use crate::{complete_request, devices};

/// Makes the object for a driver image. It lives until the process ends.
#[must_use]
pub fn create_driver(
    service_name: &str,
    image_base: usize,
    image_size: usize,
    entry: usize,
) -> *mut DriverObject {
    references::find_with(|object| Some(devices::at(object)?));
    let invalid = invalid_request as *const () as usize;
    driver_object::create(service_name, image_base, image_size, entry, invalid)
}

/// The dispatch routine of a major function for which the driver has set none.
extern "win64" fn invalid_request(_device_object: usize, packet: usize) -> NtStatus {
    complete_request::complete_with(packet, NtStatus::INVALID_DEVICE_REQUEST, 0);
    NtStatus::INVALID_DEVICE_REQUEST
}

/// Whether the dispatch routine `routine` is the one for which the driver has set none.
pub(crate) fn is_unset(routine: usize) -> bool {
    routine == invalid_request as *const () as usize
}
