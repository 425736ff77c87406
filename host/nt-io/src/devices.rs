//! Every device that has been created and not deleted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::device::{Device, DeviceObject, IoType, Settings};
use crate::driver_object::{self, DriverObject};
use crate::{namespace, security};

/// The devices, by the addresses of their device objects.
static DEVICES: LazyLock<Mutex<BTreeMap<usize, Arc<Device>>>> = LazyLock::new(Mutex::default);

/// A name such as the I/O manager generates.
#[must_use]
pub fn automatic_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0x2A);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(r"\Device\{number:08x}")
}

/// Creates a device and enters its name. It cannot be opened before [`Device::set_ready`].
///
/// # Errors
///
/// `STATUS_OBJECT_NAME_COLLISION`: the name is taken. `STATUS_INSUFFICIENT_RESOURCES`: no memory.
/// `STATUS_INVALID_SECURITY_DESCR`: the text is no security descriptor.
pub fn create_device(settings: Settings) -> Result<Arc<Device>, NtStatus> {
    let driver_object = settings.driver_object;
    let descriptor = settings.sddl.as_deref().map(security::parse).transpose()?;
    let device = Device::new(settings, descriptor).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
    let device = Arc::new(device);
    if let Some(name) = device.name() {
        namespace::link(name, &device)?;
    }
    DEVICES.lock().insert(device.address(), device.clone());
    let next = driver_object::push_device(driver_object, device.address());
    device
        .device_object()
        .next_device
        .store(next, Ordering::SeqCst);
    Ok(device)
}

/// Deletes a device and its name: no new opens. It leaves the device below it. True if no file is
/// open, so that the driver receives no further call for it.
pub fn delete_device(device: &Device) -> bool {
    if let Some(name) = device.name() {
        namespace::unlink(name, device);
    }
    if let Some(lower) = device.lower() {
        detach(&lower, device);
    }
    unlink_from_driver(device);
    let unused = device.set_deleted();
    leave_if_gone(device);
    unused
}

/// Takes the device out of its driver's list, which begins in the driver object.
fn unlink_from_driver(device: &Device) {
    let (own, object) = (device.address(), device.device_object());
    let next = object.next_device.load(Ordering::SeqCst);
    let first = driver_object::first_device(object.driver());
    if first == own {
        driver_object::set_first_device(object.driver(), next);
        return;
    }
    for other in devices_of(object.driver()) {
        let link = &other.device_object().next_device;
        // One that is not linked to it stays as it is.
        let _ = link.compare_exchange(own, next, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// The devices of one driver.
#[must_use]
pub fn devices_of(driver_object: *mut DriverObject) -> Vec<Arc<Device>> {
    let devices = DEVICES.lock();
    let own = |device: &&Arc<Device>| device.device_object().driver() == driver_object;
    devices.values().filter(own).cloned().collect()
}

/// The device whose `DEVICE_OBJECT` is at `address`.
pub fn at(address: usize) -> Option<Arc<Device>> {
    DEVICES.lock().get(&address).cloned()
}

/// The address of the highest device object of the stack that has the one at `address`.
pub(crate) fn top(address: usize) -> usize {
    let mut top = address;
    loop {
        // SAFETY: a device object of the stack, which is not deleted while it is attached.
        let above = unsafe { DeviceObject::at(top) }.attached();
        if above == 0 {
            return top;
        }
        top = above;
    }
}

/// The devices of the stack above `lowest`, from the bottom to the top.
pub(crate) fn above(lowest: &Device) -> Vec<Arc<Device>> {
    let mut above = Vec::new();
    let mut next = at(lowest.device_object().attached());
    while let Some(device) = next {
        next = at(device.device_object().attached());
        above.push(device);
    }
    above
}

/// How many drivers a request to the device object at `address` can go through.
pub(crate) fn stack_size(address: usize) -> i8 {
    // SAFETY: a device object of a stack whose file is open, or that the caller keeps.
    unsafe { DeviceObject::at(address) }.stack_size()
}

/// How reads and writes of the device object at `address` get at the caller's buffer.
pub(crate) fn io_type(address: usize) -> IoType {
    // SAFETY: as above.
    unsafe { DeviceObject::at(address) }.io_type()
}

/// `settings` for a filter that is to be attached to the stack of `physical`: it has what the top of the stack
/// has, so that requests come to the driver below as they would without the filter.
#[must_use]
pub fn settings_of_filter(settings: Settings, physical: &Device) -> Settings {
    // SAFETY: a device object of the stack, which is not deleted while it is attached.
    let below = unsafe { DeviceObject::at(top(physical.address())) };
    Settings {
        io_type: below.io_type(),
        device_type: below.device_type(),
        characteristics: settings.characteristics | below.characteristics(),
        ..settings
    }
}

/// Attaches `device` to the top of the stack that has `target`. The device that it is attached to; `None` if
/// that has been deleted.
pub fn attach(device: &Device, target: &Device) -> Option<Arc<Device>> {
    let lower = at(top(target.address())).filter(|lower| !lower.is_deleted())?;
    device.attach_to(&lower);
    Some(lower)
}

/// Takes `upper` off `lower`, which it is attached to.
pub(crate) fn detach(lower: &Device, upper: &Device) {
    lower.detach(upper);
    leave_if_gone(lower);
}

/// Drops the list's reference to a device that is deleted, without a file, and with no device attached to it:
/// the driver above detaches its device after the one below has been deleted.
pub(crate) fn leave_if_gone(device: &Device) {
    let is_gone = device.is_deleted() && !device.is_open();
    if is_gone && device.device_object().attached() == 0 {
        let gone = DEVICES.lock().remove(&device.address());
        drop(gone);
    }
}
