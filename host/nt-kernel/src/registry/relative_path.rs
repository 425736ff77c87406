//! The `Rtl` functions of the registry, which name a key by its place and a path below it.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::store::{self, Value};
use super::value::bytes_of;
use super::{open_key, paths};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};

/// `RTL_REGISTRY_HANDLE`: the path is a key's handle.
const HANDLE: u32 = 0x4000_0000;
/// `RTL_REGISTRY_OPTIONAL`: the key need not be there.
const OPTIONAL: u32 = 0x8000_0000;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlCheckRegistryKey,
        RtlCreateRegistryKey,
        RtlDeleteRegistryValue,
        RtlWriteRegistryValue,
    ]
}

/// `PASSIVE_LEVEL`. Whether there is such a key.
unsafe extern "win64" fn RtlCheckRegistryKey(relative_to: u32, path: *const u16) -> NtStatus {
    const NAME: &str = "RtlCheckRegistryKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract.
    match unsafe { full_path(NAME, relative_to, path) } {
        Ok(path) if store::exists(&path) => NtStatus::SUCCESS,
        Ok(_) => NtStatus::OBJECT_NAME_NOT_FOUND,
        Err(status) => status,
    }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlCreateRegistryKey(relative_to: u32, path: *const u16) -> NtStatus {
    const NAME: &str = "RtlCreateRegistryKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract.
    match unsafe { full_path(NAME, relative_to, path) } {
        Ok(path) => {
            store::create(&path);
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

/// `PASSIVE_LEVEL`. The key is created if it is not there.
unsafe extern "win64" fn RtlWriteRegistryValue(
    relative_to: u32,
    path: *const u16,
    name: *const u16,
    kind: u32,
    data: *const u8,
    length: u32,
) -> NtStatus {
    const NAME: &str = "RtlWriteRegistryValue";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract.
    let path = match unsafe { full_path(NAME, relative_to, path) } {
        Ok(path) => path,
        Err(status) => return status,
    };
    // SAFETY: by contract NUL-terminated text.
    let name = unsafe { text(name) };
    // SAFETY: by contract so many bytes.
    let bytes = unsafe { bytes_of(data, length) };
    store::set(&path, &name, Value { kind, bytes });
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlDeleteRegistryValue(
    relative_to: u32,
    path: *const u16,
    name: *const u16,
) -> NtStatus {
    const NAME: &str = "RtlDeleteRegistryValue";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract.
    let path = match unsafe { full_path(NAME, relative_to, path) } {
        Ok(path) => path,
        Err(status) => return status,
    };
    // SAFETY: by contract NUL-terminated text.
    let name = unsafe { text(name) };
    if store::delete_value(&path, &name) {
        NtStatus::SUCCESS
    } else {
        NtStatus::OBJECT_NAME_NOT_FOUND
    }
}

/// The full name of a key.
///
/// # Safety
///
/// `path` is NUL-terminated text, or a handle if the place says so.
pub(super) unsafe fn full_path(
    function: &str,
    relative_to: u32,
    path: *const u16,
) -> Result<String, NtStatus> {
    if relative_to & HANDLE != 0 {
        return open_key::existing(function, path.addr());
    }
    // SAFETY: by contract.
    let path = unsafe { text(path) };
    let root = match relative_to & !OPTIONAL {
        0 => return Ok(path),
        1 => paths::service(""),
        2 => format!(r"{}\Control", paths::CONTROL_SET),
        3 => r"\Registry\Machine\Software\Microsoft\Windows NT\CurrentVersion".to_owned(),
        4 => r"\Registry\Machine\Hardware\DeviceMap".to_owned(),
        5 => r"\Registry\User\.Default".to_owned(),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    Ok(format!(r"{root}\{path}"))
}

/// Whether the key may be missing.
pub(super) const fn is_optional(relative_to: u32) -> bool {
    relative_to & OPTIONAL != 0
}

/// NUL-terminated text; none for null.
///
/// # Safety
///
/// `text` is null or NUL-terminated.
pub(super) unsafe fn text(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    let (mut units, mut next) = (Vec::new(), text);
    loop {
        // SAFETY: by contract there is a NUL behind what has been read.
        let unit = unsafe { next.read() };
        if unit == 0 {
            return String::from_utf16_lossy(&units);
        }
        units.push(unit);
        next = next.wrapping_add(1);
    }
}
