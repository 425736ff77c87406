//! `IoOpenDeviceRegistryKey` and `IoOpenDriverRegistryKey`: the keys that the system has for a device and for a
//! driver.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::fault;
use nt_kernel::irql::{self, Irql};
use nt_kernel::registry::{self, paths};
use nt_types::NtStatus;

use crate::driver_object::{self, DriverObject};
use crate::instance_path;

/// `PLUGPLAY_REGKEY_DEVICE`.
const KEY_OF_DEVICE: u32 = 1;
/// `PLUGPLAY_REGKEY_DRIVER`.
const KEY_OF_DRIVER: u32 = 2;
/// The bits of these two.
const KEY_KINDS: u32 = 3;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoOpenDeviceRegistryKey, IoOpenDriverRegistryKey]
}

/// `PASSIVE_LEVEL`. The device is one that the bus has found. The key is created if it is not there.
unsafe extern "win64" fn IoOpenDeviceRegistryKey(
    physical: usize,
    kind: u32,
    _access: u32,
    key: *mut usize,
) -> NtStatus {
    const NAME: &str = "IoOpenDeviceRegistryKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let Some(path) = instance_path::of(physical) else {
        return NtStatus::INVALID_DEVICE_REQUEST;
    };
    let key_path = match kind & KEY_KINDS {
        KEY_OF_DEVICE => paths::device(&instance_path::id(&path)),
        KEY_OF_DRIVER => paths::software(instance_path::service(&path)),
        _ => return NtStatus::INVALID_PARAMETER,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { open(NAME, &key_path, key) }
}

/// `PASSIVE_LEVEL`. The key is created if it is not there.
unsafe extern "win64" fn IoOpenDriverRegistryKey(
    object: *mut DriverObject,
    kind: u32,
    _access: u32,
    _flags: u32,
    key: *mut usize,
) -> NtStatus {
    const NAME: &str = "IoOpenDriverRegistryKey";
    const BELOW: [&str; 3] = ["Parameters", "PersistentState", "SharedPersistentState"];
    irql::require_at_most(NAME, Irql::PASSIVE);
    let name = BELOW.get(kind as usize);
    let Some(name) = name.filter(|_| driver_object::exists(object)) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let service = driver_object::service_name(object);
    let path = format!(r"{}\{name}", paths::service(&service));
    // SAFETY: by contract the caller's variable.
    unsafe { open(NAME, &path, key) }
}

/// Opens a handle of the kernel's for a key.
///
/// # Safety
///
/// `key` is the caller's variable.
unsafe fn open(function: &str, path: &str, key: *mut usize) -> NtStatus {
    if fault::inject(function) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract.
    unsafe { key.write(registry::open_kernel_handle(path)) };
    NtStatus::SUCCESS
}
