//! Every device that has been created and not deleted.

use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::device::{Device, Opened, Settings};
use crate::driver_object::DriverObject;
use crate::namespace;

static DEVICES: LazyLock<Mutex<Vec<Arc<Device>>>> = LazyLock::new(Mutex::default);

/// Creates a device and enters its names. It cannot be opened before [`Device::set_ready`].
///
/// # Errors
///
/// `STATUS_OBJECT_NAME_COLLISION`: the name is taken.
pub fn create_device(settings: Settings) -> Result<Arc<Device>, NtStatus> {
    let device = Arc::new(Device::new(settings));
    let settings = device.settings();
    if let Some(name) = &settings.name {
        namespace::link(name, &device, Opened::Own)?;
    }
    if let Some(physical) = &settings.physical {
        namespace::link(&physical.name, &device, Opened::Physical)?;
    }
    DEVICES.lock().push(device.clone());
    Ok(device)
}

/// Deletes a device and its names: no new opens. True if no file is open, so that the driver
/// receives no further call for it.
pub fn delete_device(device: &Device) -> bool {
    let settings = device.settings();
    let physical = settings.physical.as_ref().map(|physical| &physical.name);
    for name in settings.name.iter().chain(physical) {
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
