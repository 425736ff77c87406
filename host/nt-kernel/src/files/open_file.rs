//! `ZwCreateFile` and `ZwOpenFile`.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use nt_types::NtStatus;
use parking_lot::Mutex;

use super::path;
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::ob::attributes::OpenAttributes;
use crate::ob::handles;

/// `STATUS_FILE_IS_A_DIRECTORY`, `STATUS_NOT_A_DIRECTORY`.
const IS_A_DIRECTORY: NtStatus = NtStatus::new(0xC000_00BA);
const NOT_A_DIRECTORY: NtStatus = NtStatus::new(0xC000_0103);
/// Access that writes: data, appended data, everything, or as the generic right.
const WRITING: u32 = 0x5000_0006;

/// Values of `CreateDisposition`.
mod disposition {
    pub(super) const SUPERSEDE: u32 = 0;
    pub(super) const OPEN: u32 = 1;
    pub(super) const CREATE: u32 = 2;
    pub(super) const OVERWRITE: u32 = 4;
    pub(super) const OVERWRITE_IF: u32 = 5;
}

/// Bits of `CreateOptions`.
mod option {
    pub(super) const DIRECTORY: u32 = 0x1;
    pub(super) const SYNCHRONOUS: u32 = 0x30;
    pub(super) const NOT_DIRECTORY: u32 = 0x40;
}

/// What an opening did: `Information` of its status block.
mod outcome {
    pub(super) const SUPERSEDED: usize = 0;
    pub(super) const OPENED: usize = 1;
    pub(super) const CREATED: usize = 2;
    pub(super) const OVERWRITTEN: usize = 3;
}

/// `IO_STATUS_BLOCK`.
#[repr(C)]
pub(super) struct FileStatus {
    pub(super) status: NtStatus,
    pub(super) information: usize,
}

/// An open file.
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) is_directory: bool,
    /// The position, for a file that is opened for synchronous calls.
    pub(super) position: Option<Mutex<u64>>,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ZwCreateFile, ZwOpenFile]
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwCreateFile(
    handle: *mut usize,
    access: u32,
    attributes: *const OpenAttributes,
    status_block: *mut FileStatus,
    _allocation: *const i64,
    _file_attributes: u32,
    _share: u32,
    how: u32,
    options: u32,
    _extended: usize,
    _extended_length: u32,
) -> NtStatus {
    // SAFETY: by contract.
    unsafe {
        open(
            "ZwCreateFile",
            handle,
            attributes,
            status_block,
            (access, how, options),
        )
    }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwOpenFile(
    handle: *mut usize,
    access: u32,
    attributes: *const OpenAttributes,
    status_block: *mut FileStatus,
    _share: u32,
    options: u32,
) -> NtStatus {
    let how = (access, disposition::OPEN, options);
    // SAFETY: by contract.
    unsafe { open("ZwOpenFile", handle, attributes, status_block, how) }
}

/// Opens a file with this access, disposition and options.
///
/// # Safety
///
/// The variables are the caller's.
unsafe fn open(
    function: &'static str,
    handle: *mut usize,
    attributes: *const OpenAttributes,
    status_block: *mut FileStatus,
    (access, how, options): (u32, u32, u32),
) -> NtStatus {
    irql::require_at_most(function, Irql::PASSIVE);
    if fault::inject(function) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract null or the caller's attributes.
    let Some(attributes) = (unsafe { attributes.as_ref() }) else {
        return NtStatus::INVALID_PARAMETER;
    };
    // SAFETY: by contract a counted string.
    let name = unsafe { attributes.full_name(|_root| None) };
    let place = name.and_then(|name| path::resolve(function, &name));
    let opened = place.and_then(|place| open_at(&place, access & WRITING != 0, how, options));
    let (status, information) = match opened {
        Err(status) => (status, 0),
        Ok((file, information)) => {
            let table = OpenAttributes::handle_table(Some(attributes));
            let opened = handles::open(table, "file", "of ZwCreateFile", &Arc::new(file));
            // SAFETY: by contract the caller's variable.
            unsafe { handle.write(opened) };
            (NtStatus::SUCCESS, information)
        }
    };
    let new = FileStatus {
        status,
        information,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { status_block.write(new) };
    status
}

fn open_at(
    place: &Path,
    is_written: bool,
    how: u32,
    options: u32,
) -> Result<(OpenFile, usize), NtStatus> {
    let exists = place.exists();
    let is_directory = if exists {
        place.is_dir()
    } else {
        options & option::DIRECTORY != 0
    };
    if exists && is_directory && options & option::NOT_DIRECTORY != 0 {
        return Err(IS_A_DIRECTORY);
    }
    if exists && !is_directory && options & option::DIRECTORY != 0 {
        return Err(NOT_A_DIRECTORY);
    }
    let must_exist = matches!(how, disposition::OPEN | disposition::OVERWRITE);
    if !exists && must_exist {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    if exists && how == disposition::CREATE {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    let file = if is_directory {
        if !exists {
            std::fs::create_dir(place).map_err(|error| status_of(&error))?;
        }
        File::open(place)
    } else {
        let is_cut = matches!(
            how,
            disposition::SUPERSEDE | disposition::OVERWRITE | disposition::OVERWRITE_IF
        );
        OpenOptions::new()
            .read(true)
            .write(is_written || is_cut || !exists)
            .create(!must_exist)
            .truncate(is_cut)
            .open(place)
    };
    let file = file.map_err(|error| status_of(&error))?;
    let is_synchronous = options & option::SYNCHRONOUS != 0;
    let opened = OpenFile {
        file,
        is_directory,
        position: is_synchronous.then(Mutex::default),
    };
    let information = match (exists, how) {
        (false, _) => outcome::CREATED,
        (true, disposition::SUPERSEDE) => outcome::SUPERSEDED,
        (true, disposition::OVERWRITE | disposition::OVERWRITE_IF) => outcome::OVERWRITTEN,
        (true, _) => outcome::OPENED,
    };
    Ok((opened, information))
}

/// The status for an error of this system.
pub(super) fn status_of(error: &std::io::Error) -> NtStatus {
    /// `STATUS_DISK_FULL`.
    const DISK_FULL: NtStatus = NtStatus::new(0xC000_007F);
    match error.kind() {
        ErrorKind::NotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        ErrorKind::PermissionDenied => NtStatus::ACCESS_DENIED,
        ErrorKind::StorageFull => DISK_FULL,
        _ => NtStatus::UNSUCCESSFUL,
    }
}
