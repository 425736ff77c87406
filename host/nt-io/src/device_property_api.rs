//! `IoGetDeviceProperty` and its like: the properties of a device, for drivers without the framework.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::fault;
use nt_kernel::irql::{self, Irql};
use nt_types::NtStatus;

use crate::device_property::{self, PropertyKey, PropertyValue};
use crate::devices;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoGetDeviceProperty,
        IoGetDevicePropertyData,
        IoSetDevicePropertyData
    ]
}

/// `PLUGPLAY_PROPERTY_PERSISTENT`.
const PERSISTENT: u32 = 1;

/// `PASSIVE_LEVEL`.
extern "win64" fn IoGetDeviceProperty(
    physical: usize,
    number: u32,
    length: u32,
    buffer: *mut u8,
    result_length: *mut u32,
) -> NtStatus {
    const NAME: &str = "IoGetDeviceProperty";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let device = devices::at(physical).ok_or(NtStatus::INVALID_DEVICE_REQUEST);
    let found = device.and_then(|device| device_property::query_by_number(&device, number));
    // SAFETY: by contract the caller's buffer of this length, and its variable.
    unsafe { deliver(found.as_ref(), (buffer, length), result_length) }
}

/// Up to `APC_LEVEL`.
extern "win64" fn IoGetDevicePropertyData(
    physical: usize,
    key: *const PropertyKey,
    locale: u32,
    _flags: u32,
    length: u32,
    buffer: *mut u8,
    required: *mut u32,
    kind: *mut u32,
) -> NtStatus {
    const NAME: &str = "IoGetDevicePropertyData";
    irql::require_at_most(NAME, Irql::APC);
    if key.is_null() {
        return NtStatus::INVALID_PARAMETER;
    }
    // SAFETY: by contract the caller's key.
    let key = unsafe { key.read() };
    let device = devices::at(physical).ok_or(NtStatus::INVALID_DEVICE_REQUEST);
    let found = device.and_then(|device| device_property::query(&device, key, locale));
    if let Ok(found) = &found
        && !kind.is_null()
    {
        // SAFETY: by contract the caller's variable.
        unsafe { kind.write(found.kind) };
    }
    // SAFETY: by contract the caller's buffer of this length, and its variable.
    unsafe { deliver(found.as_ref(), (buffer, length), required) }
}

/// Up to `APC_LEVEL`.
extern "win64" fn IoSetDevicePropertyData(
    physical: usize,
    key: *const PropertyKey,
    locale: u32,
    flags: u32,
    kind: u32,
    length: u32,
    data: *const u8,
) -> NtStatus {
    const NAME: &str = "IoSetDevicePropertyData";
    irql::require_at_most(NAME, Irql::APC);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let Some(device) = devices::at(physical).filter(|_| !key.is_null()) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let value = (!data.is_null()).then(|| {
        // SAFETY: by contract so many bytes of the caller's.
        let bytes = unsafe { std::slice::from_raw_parts(data, length as usize) }.to_vec();
        PropertyValue { kind, bytes }
    });
    // SAFETY: by contract the caller's key.
    let key = unsafe { key.read() };
    let is_persistent = flags & PERSISTENT != 0;
    let assigned = device_property::assign(&device, (key, locale), is_persistent, value);
    assigned.err().unwrap_or(NtStatus::SUCCESS)
}

/// Copies a property to the caller's buffer, if it has room, and writes how long it is.
///
/// # Safety
///
/// `buffer` has `length` bytes, and `required` is NULL or a variable.
unsafe fn deliver(
    found: Result<&PropertyValue, &NtStatus>,
    (buffer, length): (*mut u8, u32),
    required: *mut u32,
) -> NtStatus {
    let value = match found {
        Ok(value) => value,
        Err(status) => return *status,
    };
    if !required.is_null() {
        let count = u32::try_from(value.bytes.len()).unwrap_or(u32::MAX);
        // SAFETY: by contract.
        unsafe { required.write(count) };
    }
    if (length as usize) < value.bytes.len() || buffer.is_null() {
        return NtStatus::BUFFER_TOO_SMALL;
    }
    // SAFETY: by contract it has room.
    unsafe { buffer.copy_from(value.bytes.as_ptr(), value.bytes.len()) };
    NtStatus::SUCCESS
}
