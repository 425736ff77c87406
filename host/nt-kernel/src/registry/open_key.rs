//! Open keys: what a handle of a key names.

use std::sync::Arc;

use nt_types::NtStatus;

use super::store;
use crate::ob::attributes::OpenAttributes;
use crate::ob::handles::{self, HandleTable};

/// `STATUS_KEY_DELETED`.
const KEY_DELETED: NtStatus = NtStatus::new(0xC000_017C);
/// What reports call a handle's object.
const KIND: &str = "registry key";

/// An open key.
pub(super) struct OpenKey {
    path: String,
}

/// Opens a handle of a key in this table. `PASSIVE_LEVEL`.
pub(super) fn open(table: HandleTable, path: String) -> usize {
    let name = path.clone();
    handles::open(table, KIND, &name, &Arc::new(OpenKey { path }))
}

/// A handle of the kernel's for a key, which is created if it is not there. `PASSIVE_LEVEL`; `ZwClose` closes
/// it.
#[must_use]
pub fn open_kernel_handle(path: &str) -> usize {
    store::create(path);
    open(HandleTable::Kernel, path.to_owned())
}

/// Closes a handle of [`open_kernel_handle`].
pub fn close_kernel_handle(handle: usize) {
    handles::close(handle);
}

/// The name of the key that a handle has; `None` if it is none of a key.
pub(super) fn name_of(function: &str, handle: usize) -> Option<String> {
    let key = handles::object::<OpenKey>(function, handle)?;
    Some(key.path.clone())
}

/// The name of a handle's key, which has not been deleted.
pub(super) fn existing(function: &str, handle: usize) -> Result<String, NtStatus> {
    let path = name_of(function, handle).ok_or(NtStatus::INVALID_HANDLE)?;
    if store::exists(&path) {
        Ok(path)
    } else {
        Err(KEY_DELETED)
    }
}

/// The name of the key that these attributes mean.
///
/// # Safety
///
/// The attributes are null or the caller's, with a counted string.
pub(super) unsafe fn path_of(
    function: &str,
    attributes: *const OpenAttributes,
) -> Result<(String, HandleTable), NtStatus> {
    // SAFETY: by contract.
    let attributes = unsafe { attributes.as_ref() }.ok_or(NtStatus::INVALID_PARAMETER)?;
    // SAFETY: by contract.
    let path = unsafe { attributes.full_name(|root| name_of(function, root)) }?;
    Ok((path, OpenAttributes::handle_table(Some(attributes))))
}
