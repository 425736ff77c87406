//! `ZwReadFile` and `ZwWriteFile`.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::os::unix::fs::FileExt;

use nt_types::NtStatus;
use parking_lot::Mutex;

use super::open_file::{FileStatus, OpenFile, status_of};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};
use crate::ob::handles;

/// `STATUS_END_OF_FILE`.
const END_OF_FILE: NtStatus = NtStatus::new(0xC000_0011);
/// `FILE_WRITE_TO_END_OF_FILE`.
const TO_END: i64 = -1;
/// `FILE_USE_FILE_POINTER_POSITION`.
const AT_POSITION: i64 = -2;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ZwReadFile, ZwWriteFile]
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwReadFile(
    handle: usize,
    _event: usize,
    _apc_routine: usize,
    _apc_context: usize,
    status_block: *mut FileStatus,
    buffer: *mut u8,
    length: u32,
    offset: *const i64,
    _key: *const u32,
) -> NtStatus {
    let transfer = |file: &OpenFile, at: u64| {
        let mut bytes = vec![0; length as usize];
        let count = file.file.read_at(&mut bytes, at);
        let count = count.map_err(|error| status_of(&error))?;
        if count == 0 && length != 0 {
            return Err(END_OF_FILE);
        }
        // SAFETY: by contract the buffer has so many bytes.
        unsafe { buffer.copy_from(bytes.as_ptr(), count) };
        Ok(count)
    };
    // SAFETY: by contract.
    unsafe { run("ZwReadFile", handle, status_block, offset, transfer) }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwWriteFile(
    handle: usize,
    _event: usize,
    _apc_routine: usize,
    _apc_context: usize,
    status_block: *mut FileStatus,
    buffer: *const u8,
    length: u32,
    offset: *const i64,
    _key: *const u32,
) -> NtStatus {
    let transfer = |file: &OpenFile, at: u64| {
        // Linux does not page the driver's buffer in, as an access to it does.
        let mut bytes = vec![0; length as usize];
        // SAFETY: by contract the buffer has so many bytes.
        unsafe { buffer.copy_to(bytes.as_mut_ptr(), bytes.len()) };
        let written = file.file.write_all_at(&bytes, at);
        written.map_err(|error| status_of(&error))?;
        Ok(bytes.len())
    };
    // SAFETY: by contract.
    unsafe { run("ZwWriteFile", handle, status_block, offset, transfer) }
}

/// Runs a transfer at the offset, or at the file's position.
///
/// # Safety
///
/// The variables are the caller's.
unsafe fn run(
    function: &'static str,
    handle: usize,
    status_block: *mut FileStatus,
    offset: *const i64,
    transfer: impl Fn(&OpenFile, u64) -> Result<usize, NtStatus>,
) -> NtStatus {
    irql::require_at_most(function, Irql::PASSIVE);
    let Some(file) = handles::object::<OpenFile>(function, handle) else {
        return NtStatus::INVALID_HANDLE;
    };
    if file.is_directory {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if fault::inject(function) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract null or the caller's variable.
    let offset = unsafe { offset.as_ref() }.copied();
    // Kept for the whole transfer: those of two threads follow each other.
    let mut position = file.position.as_ref().map(Mutex::lock);
    let moved = place(&file, position.as_deref().copied(), offset).and_then(|at| {
        let count = transfer(&file, at)?;
        if let Some(position) = &mut position {
            **position = at + count as u64;
        }
        Ok(count)
    });
    drop(position);
    let (status, information) = match moved {
        Ok(count) => (NtStatus::SUCCESS, count),
        Err(status) => (status, 0),
    };
    let new = FileStatus {
        status,
        information,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { status_block.write(new) };
    status
}

/// Where a transfer begins. Only a file for synchronous calls has a position.
fn place(file: &OpenFile, position: Option<u64>, offset: Option<i64>) -> Result<u64, NtStatus> {
    match offset {
        Some(TO_END) => {
            let metadata = file.file.metadata().map_err(|error| status_of(&error))?;
            Ok(metadata.len())
        }
        None | Some(AT_POSITION) => position.ok_or(NtStatus::INVALID_PARAMETER),
        Some(offset) => u64::try_from(offset).map_err(|_negative| NtStatus::INVALID_PARAMETER),
    }
}
