//! `IoCreateDevice` and what belongs to it: the devices that a driver creates itself, and their stacks.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::Arc;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::ob::references;
use nt_kernel::{fault, resource_tracker};
use nt_types::NtStatus;

use crate::device::{DO_DEVICE_INITIALIZING, Device, IoType, Settings};
use crate::devices;
use crate::driver_object::{self, DriverObject};
use crate::unicode::UnicodeString;
use crate::violation::{self, WdmError};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoAttachDeviceToDeviceStack,
        IoAttachDeviceToDeviceStackSafe,
        IoCreateDevice,
        IoDeleteDevice,
        IoDetachDevice,
        IoGetAttachedDevice,
        IoGetAttachedDeviceReference,
    ]
}

/// What the resource tracker calls a device object.
const TRACKED_KIND: &str = "DEVICE_OBJECT";

/// `PASSIVE_LEVEL` and `APC_LEVEL`.
extern "win64" fn IoCreateDevice(
    driver_object: *mut DriverObject,
    extension_size: u32,
    name: *const UnicodeString,
    device_type: u32,
    characteristics: u32,
    exclusive: u8,
    out: *mut usize,
) -> NtStatus {
    const NAME: &str = "IoCreateDevice";
    irql::require_at_most(NAME, Irql::APC);
    if !driver_object::exists(driver_object) {
        irql::stop_for_rule("IoCreateDevice was called with what is no driver object");
    }
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract NULL or a name.
    let name = unsafe { name.as_ref() };
    // SAFETY: by contract its buffer has its length.
    let name = name.map(|name| unsafe { name.text() });
    let detail = name.clone().unwrap_or_else(|| "without a name".to_owned());
    let created = devices::create_device(Settings {
        driver_object,
        name,
        sddl: None,
        exclusive: exclusive != 0,
        io_type: IoType::Neither,
        device_type,
        characteristics,
        extension_size: extension_size as usize,
    });
    match created {
        Ok(device) => {
            device
                .device_object()
                .change_flags(DO_DEVICE_INITIALIZING, 0);
            device.set_opens_by_flag();
            resource_tracker::record(TRACKED_KIND, device.address(), detail);
            // SAFETY: by contract the caller's variable.
            unsafe { out.write(device.address()) };
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

/// `PASSIVE_LEVEL` and `APC_LEVEL`.
extern "win64" fn IoDeleteDevice(device_object: usize) {
    const NAME: &str = "IoDeleteDevice";
    irql::require_at_most(NAME, Irql::APC);
    let known = devices::at(device_object).filter(|device| !device.is_deleted());
    let Some(device) = known else {
        let rule = format!("{NAME}: {device_object:#x} is no device object, or has been deleted");
        violation::stop(WdmError::DELETED_TWICE, [device_object, 0, 0], &rule);
    };
    if device.lower().is_some() {
        let rule =
            "IoDeleteDevice: the device is attached to another one: IoDetachDevice comes first";
        violation::stop(WdmError::DELETED_ATTACHED, [device_object, 0, 0], rule);
    }
    resource_tracker::release(TRACKED_KIND, device_object);
    devices::delete_device(&device);
}

fn attach(function: &str, source: usize, target: usize) -> Option<Arc<Device>> {
    irql::require_at_most("IoAttachDeviceToDeviceStack", Irql::DISPATCH);
    let (Some(source), Some(target)) = (devices::at(source), devices::at(target)) else {
        irql::stop_for_rule(&format!(
            "{function} was called with what is no device object"
        ));
    };
    if fault::inject(function) {
        return None;
    }
    devices::attach(&source, &target)
}

/// Up to `DISPATCH_LEVEL`. The device object that `source` is attached to now; 0 if the target is being
/// deleted.
extern "win64" fn IoAttachDeviceToDeviceStack(source: usize, target: usize) -> usize {
    let lower = attach("IoAttachDeviceToDeviceStack", source, target);
    lower.map_or(0, |lower| lower.address())
}

/// Up to `DISPATCH_LEVEL`. As above; `out` is the driver's variable for the lower device object.
extern "win64" fn IoAttachDeviceToDeviceStackSafe(
    source: usize,
    target: usize,
    out: *mut usize,
) -> NtStatus {
    /// `STATUS_NO_SUCH_DEVICE`.
    const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);
    match attach("IoAttachDeviceToDeviceStackSafe", source, target) {
        Some(lower) => {
            // SAFETY: by contract the caller's variable.
            unsafe { out.write(lower.address()) };
            NtStatus::SUCCESS
        }
        None => NO_SUCH_DEVICE,
    }
}

/// Up to `DISPATCH_LEVEL`. `target` is the lower device object: what is attached to it leaves it.
extern "win64" fn IoDetachDevice(target: usize) {
    irql::require_at_most("IoDetachDevice", Irql::DISPATCH);
    let Some(lower) = devices::at(target) else {
        irql::stop_for_rule("IoDetachDevice was called with what is no device object");
    };
    let upper = devices::at(lower.device_object().attached());
    let Some(upper) = upper else {
        let rule = "IoDetachDevice: nothing is attached to the device object, which is the lower one \
                    of the two";
        violation::stop(WdmError::DETACHED_TWICE, [target, 0, 0], rule);
    };
    devices::detach(&lower, &upper);
}

/// Up to `DISPATCH_LEVEL`. The top of the stack.
extern "win64" fn IoGetAttachedDevice(device_object: usize) -> usize {
    irql::require_at_most("IoGetAttachedDevice", Irql::DISPATCH);
    devices::top(device_object)
}

/// Up to `DISPATCH_LEVEL`. The top of the stack, with a reference.
extern "win64" fn IoGetAttachedDeviceReference(device_object: usize) -> usize {
    let top = IoGetAttachedDevice(device_object);
    references::add(top);
    top
}
