//! `ZwCreateKey` and its like: keys are opened, created and deleted.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::{open_key, store};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::ob::attributes::OpenAttributes;

/// `REG_CREATED_NEW_KEY`.
const CREATED: u32 = 1;
/// `REG_OPENED_EXISTING_KEY`.
const OPENED: u32 = 2;
/// `STATUS_CANNOT_DELETE`: there are keys below the key.
const CANNOT_DELETE: NtStatus = NtStatus::new(0xC000_0121);
/// With what an opening fails, besides for a reason of its own.
const FAILURES: [NtStatus; 2] = [NtStatus::INSUFFICIENT_RESOURCES, NtStatus::ACCESS_DENIED];

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ZwCreateKey, ZwDeleteKey, ZwFlushKey, ZwOpenKey, ZwOpenKeyEx]
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwOpenKey(
    handle: *mut usize,
    _access: u32,
    attributes: *const OpenAttributes,
) -> NtStatus {
    // SAFETY: by contract.
    unsafe { open("ZwOpenKey", handle, attributes) }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwOpenKeyEx(
    handle: *mut usize,
    _access: u32,
    attributes: *const OpenAttributes,
    _options: u32,
) -> NtStatus {
    // SAFETY: by contract.
    unsafe { open("ZwOpenKeyEx", handle, attributes) }
}

/// Opens a key that is there.
///
/// # Safety
///
/// `handle` is the caller's variable, `attributes` its attributes.
unsafe fn open(
    function: &'static str,
    handle: *mut usize,
    attributes: *const OpenAttributes,
) -> NtStatus {
    irql::require_at_most(function, Irql::PASSIVE);
    // SAFETY: by contract.
    let (path, table) = match unsafe { open_key::path_of(function, attributes) } {
        Ok(found) => found,
        Err(status) => return status,
    };
    if let Some(status) = fault::inject_one_of(function, &[&FAILURES]) {
        return status;
    }
    if !store::exists(&path) {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    }
    // SAFETY: by contract.
    unsafe { handle.write(open_key::open(table, path)) };
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`. The key above the new one must be there.
unsafe extern "win64" fn ZwCreateKey(
    handle: *mut usize,
    _access: u32,
    attributes: *const OpenAttributes,
    _title_index: u32,
    _class: usize,
    _options: u32,
    disposition: *mut u32,
) -> NtStatus {
    const NAME: &str = "ZwCreateKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract.
    let (path, table) = match unsafe { open_key::path_of(NAME, attributes) } {
        Ok(found) => found,
        Err(status) => return status,
    };
    if let Some(status) = fault::inject_one_of(NAME, &[&FAILURES]) {
        return status;
    }
    let was_there = store::exists(&path);
    let has_parent = store::parent(&path).is_some_and(|parent| store::exists(&parent));
    if !was_there && !has_parent {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    }
    store::create(&path);
    // SAFETY: by contract the caller's variable.
    unsafe { handle.write(open_key::open(table, path)) };
    // SAFETY: by contract null or the caller's variable.
    if let Some(disposition) = unsafe { disposition.as_mut() } {
        *disposition = if was_there { OPENED } else { CREATED };
    }
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`. The handle stays open.
extern "win64" fn ZwDeleteKey(handle: usize) -> NtStatus {
    const NAME: &str = "ZwDeleteKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    match open_key::existing(NAME, handle) {
        Err(status) => status,
        Ok(path) => store::delete(&path).map_or(CANNOT_DELETE, |_deleted| NtStatus::SUCCESS),
    }
}

/// `PASSIVE_LEVEL`. The host writes the registry to no disk.
extern "win64" fn ZwFlushKey(handle: usize) -> NtStatus {
    const NAME: &str = "ZwFlushKey";
    irql::require_at_most(NAME, Irql::PASSIVE);
    match open_key::existing(NAME, handle) {
        Err(status) => status,
        Ok(_path) => NtStatus::SUCCESS,
    }
}
