//! `ZwQueryValueKey` and its like: the values of a key.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::information::{InformationBuffer, KeyInformation, NO_MORE_ENTRIES, utf16};
use super::open_key;
use super::store::{self, Value};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::unicode::UnicodeString;

/// `KeyValueBasicInformation`: type and name.
const BASIC: u32 = 0;
/// `KeyValueFullInformation`: type, name and data.
const FULL: u32 = 1;
/// `KeyValuePartialInformation`: type and data.
const PARTIAL: u32 = 2;
/// `KeyValueFullInformationAlign64`.
const FULL_ALIGNED: u32 = 3;
/// `KeyValuePartialInformationAlign64`: as partial, without the title's index.
const PARTIAL_ALIGNED: u32 = 4;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ZwDeleteValueKey,
        ZwEnumerateValueKey,
        ZwQueryValueKey,
        ZwSetValueKey,
    ]
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwQueryValueKey(
    handle: usize,
    name: *const UnicodeString,
    class: u32,
    buffer: *mut u8,
    length: u32,
    needed: *mut u32,
) -> NtStatus {
    const NAME: &str = "ZwQueryValueKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let path = match open_key::existing(NAME, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract a counted string.
    let name = unsafe { UnicodeString::text_at(name) };
    let Some(value) = store::query(&path, &name) else {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    };
    let output = InformationBuffer {
        buffer,
        length,
        needed,
    };
    // SAFETY: by contract the caller's buffer and variable.
    unsafe { write(class, &name, &value, output) }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwEnumerateValueKey(
    handle: usize,
    index: u32,
    class: u32,
    buffer: *mut u8,
    length: u32,
    needed: *mut u32,
) -> NtStatus {
    const NAME: &str = "ZwEnumerateValueKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let path = match open_key::existing(NAME, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    let values = store::values(&path);
    let Some((name, value)) = values.get(index as usize) else {
        return NO_MORE_ENTRIES;
    };
    let output = InformationBuffer {
        buffer,
        length,
        needed,
    };
    // SAFETY: by contract the caller's buffer and variable.
    unsafe { write(class, name, value, output) }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwSetValueKey(
    handle: usize,
    name: *const UnicodeString,
    _title_index: u32,
    kind: u32,
    data: *const u8,
    length: u32,
) -> NtStatus {
    const NAME: &str = "ZwSetValueKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let path = match open_key::existing(NAME, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract a counted string.
    let name = unsafe { UnicodeString::text_at(name) };
    // SAFETY: by contract so many bytes.
    let bytes = unsafe { bytes_of(data, length) };
    store::set(&path, &name, Value { kind, bytes });
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwDeleteValueKey(handle: usize, name: *const UnicodeString) -> NtStatus {
    const NAME: &str = "ZwDeleteValueKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let path = match open_key::existing(NAME, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    // SAFETY: by contract a counted string.
    let name = unsafe { UnicodeString::text_at(name) };
    if store::delete_value(&path, &name) {
        NtStatus::SUCCESS
    } else {
        NtStatus::OBJECT_NAME_NOT_FOUND
    }
}

/// A copy of the caller's data.
///
/// # Safety
///
/// `data` has `length` bytes.
pub(super) unsafe fn bytes_of(data: *const u8, length: u32) -> Vec<u8> {
    if data.is_null() || length == 0 {
        return Vec::new();
    }
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(data, length as usize) }.to_vec()
}

/// Writes what a class has of a value.
///
/// # Safety
///
/// The output is the caller's buffer and variable.
unsafe fn write(class: u32, name: &str, value: &Value, output: InformationBuffer) -> NtStatus {
    let name = utf16(name);
    let kind = value.kind as usize;
    let (data, information) = (&value.bytes, KeyInformation::default());
    let information = match class {
        BASIC => information
            .number(0)
            .number(kind)
            .number(name.len())
            .rest(&name),
        FULL | FULL_ALIGNED => {
            const NAME_OFFSET: usize = 20;
            let data_offset = (NAME_OFFSET + name.len()).next_multiple_of(8);
            information
                .number(0)
                .number(kind)
                .number(data_offset)
                .number(data.len())
                .number(name.len())
                .rest(&name)
                .pad_to(data_offset)
                .rest(data)
        }
        PARTIAL => information
            .number(0)
            .number(kind)
            .number(data.len())
            .rest(data),
        PARTIAL_ALIGNED => information.number(kind).number(data.len()).rest(data),
        _ => return NtStatus::INVALID_PARAMETER,
    };
    // SAFETY: by contract.
    unsafe { information.write(output) }
}
