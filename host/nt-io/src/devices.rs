//! Every device that has been created and not deleted.

use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::device::{Device, Settings};
use crate::driver_object::DriverObject;
use crate::namespace;

static DEVICES: LazyLock<Mutex<Vec<Arc<Device>>>> = LazyLock::new(Mutex::default);

/// Creates a device and enters its name. It cannot be opened before [`Device::set_ready`].
///
/// # Errors
///
/// `STATUS_OBJECT_NAME_COLLISION`: the name is taken.
pub fn create_device(settings: Settings) -> Result<Arc<Device>, NtStatus> {
    let device = Arc::new(Device::new(settings));
    if let Some(name) = &device.settings().name {
        namespace::link(name, &device)?;
    }
    DEVICES.lock().push(device.clone());
    Ok(device)
}

/// Deletes a device and its name: no new opens. True if no file is open, so that the driver
/// receives no further call for it.
pub fn delete_device(device: &Device) -> bool {
    if let Some(name) = &device.settings().name {
        namespace::unlink(name, device);
    }
    let unused = device.set_deleted();
    if unused {
        leave(device);
    }
    unused
}

/// The devices of one driver.
#[must_use]
pub fn devices_of(driver_object: *mut DriverObject) -> Vec<Arc<Device>> {
    let devices = DEVICES.lock();
    let own = |device: &&Arc<Device>| device.settings().driver_object == driver_object;
    devices.iter().filter(own).cloned().collect()
}

/// Drops the list's reference to a deleted device.
pub(crate) fn leave(device: &Device) {
    let mut devices = DEVICES.lock();
    let gone: Vec<_> = devices
        .extract_if(.., |known| core::ptr::eq(&raw const **known, device))
        .collect();
    drop(devices);
    drop(gone);
}
