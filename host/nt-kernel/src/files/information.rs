//! `ZwQueryInformationFile` and `ZwSetInformationFile`: a file's size, position and end.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::open_file::{FileStatus, OpenFile, status_of};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::ob::handles;
use crate::unimplemented;

/// `FileStandardInformation`: allocation and size, links, whether it is a folder.
const STANDARD: u32 = 5;
/// `FilePositionInformation`.
const POSITION: u32 = 14;
/// `FileEndOfFileInformation`.
const END_OF_FILE: u32 = 20;
/// `STATUS_INFO_LENGTH_MISMATCH`.
const INFO_LENGTH_MISMATCH: NtStatus = NtStatus::new(0xC000_0004);
/// The unit in which files take room.
const CLUSTER: u64 = 4096;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ZwQueryInformationFile, ZwSetInformationFile]
}

/// `PASSIVE_LEVEL`. A class that this host does not have stops it.
unsafe extern "win64" fn ZwQueryInformationFile(
    handle: usize,
    status_block: *mut FileStatus,
    buffer: *mut u8,
    length: u32,
    class: u32,
) -> NtStatus {
    const NAME: &str = "ZwQueryInformationFile";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let Some(file) = handles::object::<OpenFile>(NAME, handle) else {
        return NtStatus::INVALID_HANDLE;
    };
    let bytes = match class {
        STANDARD => standard(&file),
        POSITION => position(&file),
        other => stop_unknown(NAME, other),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(status) => return status,
    };
    if (length as usize) < bytes.len() {
        return INFO_LENGTH_MISMATCH;
    }
    // SAFETY: by contract the buffer has `length` bytes.
    unsafe { buffer.copy_from(bytes.as_ptr(), bytes.len()) };
    let new = FileStatus {
        status: NtStatus::SUCCESS,
        information: bytes.len(),
    };
    // SAFETY: by contract the caller's variable.
    unsafe { status_block.write(new) };
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`. As [`ZwQueryInformationFile`].
unsafe extern "win64" fn ZwSetInformationFile(
    handle: usize,
    status_block: *mut FileStatus,
    buffer: *const u64,
    length: u32,
    class: u32,
) -> NtStatus {
    const NAME: &str = "ZwSetInformationFile";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let Some(file) = handles::object::<OpenFile>(NAME, handle) else {
        return NtStatus::INVALID_HANDLE;
    };
    if (length as usize) < size_of::<u64>() {
        return INFO_LENGTH_MISMATCH;
    }
    // SAFETY: by contract the buffer has `length` bytes.
    let value = unsafe { buffer.read_unaligned() };
    let set = match class {
        POSITION => file
            .position
            .as_ref()
            .map(|position| *position.lock() = value)
            .ok_or(NtStatus::INVALID_PARAMETER),
        END_OF_FILE => file.file.set_len(value).map_err(|error| status_of(&error)),
        other => stop_unknown(NAME, other),
    };
    let status = set.map_or_else(|status| status, |()| NtStatus::SUCCESS);
    let new = FileStatus {
        status,
        information: 0,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { status_block.write(new) };
    status
}

/// `FILE_STANDARD_INFORMATION`.
fn standard(file: &OpenFile) -> Result<Vec<u8>, NtStatus> {
    let metadata = file.file.metadata().map_err(|error| status_of(&error))?;
    let size = if file.is_directory { 0 } else { metadata.len() };
    let mut bytes = size.next_multiple_of(CLUSTER).to_le_bytes().to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend([0, file.is_directory.into(), 0, 0]);
    Ok(bytes)
}

/// `FILE_POSITION_INFORMATION`.
fn position(file: &OpenFile) -> Result<Vec<u8>, NtStatus> {
    let position = file.position.as_ref().ok_or(NtStatus::INVALID_PARAMETER)?;
    Ok(position.lock().to_le_bytes().to_vec())
}

fn stop_unknown(function: &str, class: u32) -> ! {
    unimplemented::stop(&format!("{function} with the class {class}"))
}
