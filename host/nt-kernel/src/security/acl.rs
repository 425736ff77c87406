//! Access control lists.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::slice;

use nt_types::NtStatus;

use super::{ALLOTTED_SPACE_EXCEEDED, INVALID_ACL, INVALID_SID, sid};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::unimplemented;

/// `ACL_REVISION`.
const REVISION: u8 = 2;
/// `ACL_REVISION_DS`, the highest one.
const REVISION_MAX: u8 = 4;
/// Bytes of an entry before its identifier: type, flags, size, mask.
const ENTRY_HEADER: usize = 8;
/// `INHERIT_ONLY_ACE`: the entry does not apply to the object itself.
const INHERIT_ONLY: u8 = 8;

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Grants rights.
    Allow,
    /// Denies rights.
    Deny,
}

/// An entry of a list, which applies to the object itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// What it does.
    pub kind: EntryKind,
    /// The rights that it is about: an `ACCESS_MASK`.
    pub mask: u32,
    /// The identifier that it applies to, in the form `S-1-5-18`.
    pub sid: String,
}

/// `ACL`: what a list begins with.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    revision: u8,
    zero: u8,
    /// Bytes of the list, with those that no entry uses yet.
    size: u16,
    count: u16,
    zero_2: u16,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![RtlAddAccessAllowedAce, RtlCreateAcl]
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn RtlCreateAcl(list: *mut u8, length: u32, revision: u32) -> NtStatus {
    irql::require_at_most("RtlCreateAcl", Irql::APC);
    if (length as usize) < size_of::<Header>() {
        return NtStatus::BUFFER_TOO_SMALL;
    }
    let revision = u8::try_from(revision)
        .ok()
        .filter(|revision| (REVISION..=REVISION_MAX).contains(revision));
    let (Some(revision), Ok(size)) = (revision, u16::try_from(length)) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let header = Header {
        revision,
        zero: 0,
        size,
        count: 0,
        zero_2: 0,
    };
    // SAFETY: by contract `length` writable bytes.
    unsafe { list.cast::<Header>().write_unaligned(header) };
    NtStatus::SUCCESS
}

/// Up to `APC_LEVEL`. Adds an entry behind the others.
unsafe extern "win64" fn RtlAddAccessAllowedAce(
    list: *mut u8,
    revision: u32,
    mask: u32,
    sid: *const u8,
) -> NtStatus {
    irql::require_at_most("RtlAddAccessAllowedAce", Irql::APC);
    // SAFETY: by contract an identifier.
    let Some(sid) = (unsafe { sid::bytes(sid) }) else {
        return INVALID_SID;
    };
    // SAFETY: by contract a list.
    let Some((header, bytes)) = (unsafe { read(list) }) else {
        return INVALID_ACL;
    };
    if revision > REVISION_MAX.into() {
        return NtStatus::REVISION_MISMATCH;
    }
    let Some(end) = end_of_entries(header, bytes) else {
        return INVALID_ACL;
    };
    let size = ENTRY_HEADER + sid.len();
    if bytes.len() - end < size {
        return ALLOTTED_SPACE_EXCEEDED;
    }
    let size = u16::try_from(size).unwrap_or_default();
    let mut entry = vec![0, 0];
    entry.extend(size.to_le_bytes());
    entry.extend(mask.to_le_bytes());
    entry.extend(sid);
    let place = list.wrapping_add(end);
    // SAFETY: the list has room for the entry at this place.
    unsafe { place.copy_from_nonoverlapping(entry.as_ptr(), entry.len()) };
    let header = Header {
        count: header.count + 1,
        ..header
    };
    // SAFETY: the list's own header.
    unsafe { list.cast::<Header>().write_unaligned(header) };
    NtStatus::SUCCESS
}

/// The header and all bytes of the list at `list`; `None` if it is no valid one.
///
/// # Safety
///
/// `list` is NULL, or has the bytes that its header says, which no thread writes meanwhile.
unsafe fn read<'a>(list: *const u8) -> Option<(Header, &'a [u8])> {
    if list.is_null() {
        return None;
    }
    // SAFETY: by contract there is at least the header.
    let header = unsafe { list.cast::<Header>().read_unaligned() };
    let size = usize::from(header.size);
    let is_known = (REVISION..=REVISION_MAX).contains(&header.revision);
    if !is_known || size < size_of::<Header>() {
        return None;
    }
    // SAFETY: by contract, as the header says.
    Some((header, unsafe { slice::from_raw_parts(list, size) }))
}

/// An entry's type, flags, and what follows its size.
struct RawEntry<'a> {
    kind: u8,
    flags: u8,
    body: &'a [u8],
}

/// Takes the first entry of `rest`; `None` if it reaches beyond it.
fn take_entry<'a>(rest: &mut &'a [u8]) -> Option<RawEntry<'a>> {
    let [kind, flags, low, high, ..] = **rest else {
        return None;
    };
    let size = usize::from(u16::from_le_bytes([low, high]));
    let (entry, after) = rest.split_at_checked(size)?;
    let body = entry.get(4..)?;
    *rest = after;
    Some(RawEntry { kind, flags, body })
}

/// The offset behind the last entry.
fn end_of_entries(header: Header, bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes.get(size_of::<Header>()..)?;
    for _ in 0..header.count {
        take_entry(&mut rest)?;
    }
    Some(bytes.len() - rest.len())
}

/// The entries of the list at `list`; an entry that only others inherit is left out.
///
/// # Errors
///
/// `STATUS_INVALID_ACL`.
///
/// # Safety
///
/// As for [`read`].
pub(super) unsafe fn entries(list: *const u8) -> Result<Vec<AccessEntry>, NtStatus> {
    // SAFETY: by contract.
    let (header, bytes) = unsafe { read(list) }.ok_or(INVALID_ACL)?;
    let mut rest = bytes.get(size_of::<Header>()..).ok_or(INVALID_ACL)?;
    let mut entries = Vec::new();
    for _ in 0..header.count {
        let entry = take_entry(&mut rest).ok_or(INVALID_ACL)?;
        if entry.flags & INHERIT_ONLY == 0 {
            entries.push(decode(&entry).ok_or(INVALID_ACL)?);
        }
    }
    Ok(entries)
}

/// The entry's meaning; `None` if its identifier is no valid one.
fn decode(entry: &RawEntry<'_>) -> Option<AccessEntry> {
    let kind = match entry.kind {
        0 => EntryKind::Allow,
        1 => EntryKind::Deny,
        other => unimplemented::stop(&format!("an access control entry of type {other}")),
    };
    let (mask, sid) = entry.body.split_first_chunk()?;
    Some(AccessEntry {
        kind,
        mask: u32::from_le_bytes(*mask),
        sid: sid::text(sid)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::export_by_name::nt;

    const GENERIC_ALL: u32 = 0x1000_0000;
    /// The system's identifier.
    pub(crate) const LOCAL_SYSTEM: [u32; 3] = [0x101, 0x0500_0000, 18];
    /// Bytes of an entry for it.
    const ENTRY: usize = 20;

    /// A list with room for the header and so many bytes.
    pub(crate) fn list(room: usize) -> Vec<u32> {
        let mut list = vec![0; (size_of::<Header>() + room).div_ceil(4)];
        let size = u32::try_from(size_of_val(list.as_slice())).unwrap();
        let address = list.as_mut_ptr();
        let status = nt!(RtlCreateAcl(address => *mut u32, size => u32, 2 => u32) -> NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        list
    }

    /// Lets `sid` do everything.
    pub(crate) fn allow(list: &mut [u32], sid: &[u32]) -> NtStatus {
        nt!(RtlAddAccessAllowedAce(list.as_mut_ptr() => *mut u32, 2 => u32, GENERIC_ALL => u32,
            sid.as_ptr() => *const u32) -> NtStatus)
    }

    #[test]
    fn an_entry_is_added_while_there_is_room() {
        let mut list = list(ENTRY + ENTRY - 4);
        assert_eq!(allow(&mut list, &LOCAL_SYSTEM), NtStatus::SUCCESS);
        assert_eq!(allow(&mut list, &LOCAL_SYSTEM), ALLOTTED_SPACE_EXCEEDED);
        let expected = AccessEntry {
            kind: EntryKind::Allow,
            mask: GENERIC_ALL,
            sid: "S-1-5-18".to_owned(),
        };
        // SAFETY: a list of this test.
        let found = unsafe { entries(list.as_ptr().cast()) };
        assert_eq!(found, Ok(vec![expected]));
    }

    #[test]
    fn entries_are_read_in_their_order() {
        let mut list = list(2 * ENTRY);
        for sid in [LOCAL_SYSTEM, [0x101, 0x0500_0000, 11]] {
            assert_eq!(allow(&mut list, &sid), NtStatus::SUCCESS);
        }
        // The second entry denies, and only others inherit the first one.
        list[2] |= u32::from(INHERIT_ONLY) << 8;
        list[2 + ENTRY / 4] |= 1;
        // SAFETY: a list of this test.
        let found = unsafe { entries(list.as_ptr().cast()) }.unwrap();
        let [entry] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((entry.kind, &*entry.sid), (EntryKind::Deny, "S-1-5-11"));
    }

    #[test]
    fn a_list_that_counts_too_many_entries_is_not_valid() {
        let mut list = list(ENTRY);
        assert_eq!(allow(&mut list, &LOCAL_SYSTEM), NtStatus::SUCCESS);
        list[1] += 1;
        // SAFETY: a list of this test.
        let found = unsafe { entries(list.as_ptr().cast()) };
        assert_eq!(found, Err(INVALID_ACL));
        assert_eq!(allow(&mut list, &LOCAL_SYSTEM), INVALID_ACL);
    }

    #[test]
    fn a_list_has_room_for_its_header_and_a_known_revision() {
        let mut list = [0_u32; 2];
        let address = list.as_mut_ptr();
        let create = |size, revision| nt!(RtlCreateAcl(address => *mut u32, size => u32, revision => u32) -> NtStatus);
        assert_eq!(create(7, 2), NtStatus::BUFFER_TOO_SMALL);
        assert_eq!(create(8, 1), NtStatus::INVALID_PARAMETER);
        assert_eq!(create(8, 5), NtStatus::INVALID_PARAMETER);
        assert_eq!(create(8, 4), NtStatus::SUCCESS);
    }

    #[test]
    fn an_entry_needs_a_valid_identifier() {
        let mut list = list(ENTRY);
        assert_eq!(allow(&mut list, &[0x102, 0, 0]), INVALID_SID);
    }
}
