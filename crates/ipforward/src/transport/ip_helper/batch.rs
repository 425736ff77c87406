//! `APPLY` of a plain batch: each entry is a call of its own.

use std::iter;

use abi::apply::{
    ENTRY_CREATE, ENTRY_DELETE, ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED, ENTRY_SET, ENTRY_UPSERT, NO_ENTRY, OUTCOME_DONE,
    OUTCOME_FAILED,
};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, MibIpForwardRow2, NtStatus};
use zerocopy::{FromBytes, IntoBytes};

use super::{RouteApi, Win32, refused};
use crate::driver_error::DriverError;
use crate::error::TransportError;
use crate::route::Route;

/// What a successful entry did, and the row before; all zero if there was none.
type Applied = (u32, MibIpForwardRow2);

/// Applies the entries in their order. Nothing is done if user mode cannot do one of them.
///
/// # Errors
///
/// [`TransportError::NeedsDriver`]: the batch is atomic, a dry run or a declared set, or an entry
/// compares, leases or guards.
pub(super) fn apply(
    api: &impl RouteApi,
    input: &[u8],
    output: &mut [u8],
) -> Result<usize, TransportError> {
    let wrong_length = || refused(NtStatus::INVALID_BUFFER_SIZE);
    let (header, rest) = ApplyHeader::read_from_prefix(input).map_err(|_| wrong_length())?;
    let entries = rest.chunks_exact(size_of::<ApplyEntry>());
    let entries: Vec<_> = entries
        .filter_map(|it| ApplyEntry::read_from_bytes(it).ok())
        .collect();
    if size_of_val(entries.as_slice()) != rest.len() || entries.len() != header.count as usize {
        return Err(wrong_length());
    }
    let is_plain = |entry: &ApplyEntry| {
        let operations = [ENTRY_CREATE, ENTRY_SET, ENTRY_DELETE, ENTRY_UPSERT];
        entry.flags == 0 && operations.contains(&entry.operation)
    };
    if header.flags != 0 || !entries.iter().all(is_plain) {
        return Err(TransportError::NeedsDriver);
    }
    let length = size_of::<ApplyAnswer>() + entries.len() * size_of::<EntryAnswer>();
    let room = output.get_mut(..length);
    let room = room.ok_or_else(|| refused(NtStatus::BUFFER_TOO_SMALL))?;
    let answers: Vec<_> = entries.iter().map(|entry| answer(api, entry)).collect();
    let is_refused = |answer: &EntryAnswer| answer.status != 0;
    let failures = answers.iter().filter(|answer| is_refused(answer)).count();
    let first = iter::zip(0.., &answers).find(|(_, answer)| is_refused(answer));
    let whole = ApplyAnswer {
        outcome: if failures == 0 {
            OUTCOME_DONE
        } else {
            OUTCOME_FAILED
        },
        failed_index: first.map_or(NO_ENTRY, |(index, _)| index),
        applied: number(answers.len() - failures)?,
        count: header.count,
        ..ApplyAnswer::default()
    };
    let (whole_room, answer_room) = room.split_at_mut(size_of::<ApplyAnswer>());
    whole_room.copy_from_slice(whole.as_bytes());
    answer_room.copy_from_slice(answers.as_bytes());
    Ok(length)
}

fn number(entries: usize) -> Result<u32, TransportError> {
    u32::try_from(entries).map_err(|_| refused(NtStatus::INSUFFICIENT_RESOURCES))
}

/// Applies one entry.
fn answer(api: &impl RouteApi, entry: &ApplyEntry) -> EntryAnswer {
    let row = &entry.row;
    let applied = match entry.operation {
        ENTRY_CREATE => create(api, row),
        ENTRY_SET => change(api, row, ENTRY_RESULT_CHANGED),
        ENTRY_DELETE => delete(api, row),
        _ => match create(api, row) {
            Err(error) if DriverError::from_win32(error).is_duplicate() => {
                change(api, row, ENTRY_RESULT_REPLACED)
            }
            created => created,
        },
    };
    match applied {
        Ok((result, old)) => EntryAnswer {
            result,
            old,
            ..EntryAnswer::default()
        },
        Err(error) => EntryAnswer {
            status: status(error).bits(),
            ..EntryAnswer::default()
        },
    }
}

fn create(api: &impl RouteApi, row: &MibIpForwardRow2) -> Result<Applied, Win32> {
    api.create_route(row)?;
    Ok((ENTRY_RESULT_CREATED, MibIpForwardRow2::default()))
}

/// Changes a route; `changed` is the result if it was otherwise.
fn change(api: &impl RouteApi, row: &MibIpForwardRow2, changed: u32) -> Result<Applied, Win32> {
    let old = api.route(row)?;
    let [before, wanted] = [&old, row].map(Route::try_from);
    if let (Ok(before), Ok(wanted)) = (before, wanted)
        && before.differences(&wanted).is_empty()
    {
        return Ok((ENTRY_RESULT_UNCHANGED, old));
    }
    api.set_route(row)?;
    Ok((changed, old))
}

fn delete(api: &impl RouteApi, row: &MibIpForwardRow2) -> Result<Applied, Win32> {
    let old = api.route(row)?;
    api.delete_route(row)?;
    Ok((ENTRY_RESULT_DELETED, old))
}

/// A status that Windows reports as this error, or the error in the form of a status.
fn status(error: Win32) -> NtStatus {
    /// `NTSTATUS_FROM_WIN32`: an error of facility `FACILITY_NTWIN32`.
    const FROM_WIN32: u32 = 0xC007_0000;
    let mut statuses = DriverError::from_win32(error).statuses();
    statuses
        .next()
        .unwrap_or_else(|| NtStatus::new(FROM_WIN32 | error & 0xFFFF))
}
