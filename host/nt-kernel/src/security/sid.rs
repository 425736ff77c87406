//! Security identifiers.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::fmt::Write as _;
use std::{ptr, slice};

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

/// `SID_REVISION`.
const REVISION: u8 = 1;
/// `SID_MAX_SUB_AUTHORITIES`.
const MAX_PARTS: u8 = 15;
/// Bytes before the subauthorities: revision, their count, and the authority.
const HEADER: usize = size_of::<Header>();
/// Bytes of a subauthority.
const PART: usize = 4;

/// What a `SID` begins with; the subauthorities follow.
#[repr(C)]
struct Header {
    revision: u8,
    parts: u8,
    authority: [u8; 6],
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlCopySid,
        RtlInitializeSid,
        RtlLengthRequiredSid,
        RtlLengthSid,
        RtlSubAuthoritySid,
        RtlValidSid,
    ]
}

/// The bytes of an identifier of `parts` subauthorities.
fn length(parts: u8) -> usize {
    HEADER + PART * usize::from(parts)
}

/// The bytes of the identifier at `sid`; `None` if it is no valid one.
///
/// # Safety
///
/// `sid` is NULL, or has the bytes that its header says, which no thread writes meanwhile.
pub(super) unsafe fn bytes<'a>(sid: *const u8) -> Option<&'a [u8]> {
    if sid.is_null() {
        return None;
    }
    // SAFETY: by contract there is at least the header.
    let header = unsafe { slice::from_raw_parts(sid, HEADER) };
    let [revision, parts, ..] = *header else {
        return None;
    };
    if revision != REVISION || parts > MAX_PARTS {
        return None;
    }
    // SAFETY: by contract, as the header says.
    Some(unsafe { slice::from_raw_parts(sid, length(parts)) })
}

/// The identifier that `bytes` begin with, in the form `S-1-5-18`; `None` if it is no valid one.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let (&[revision, parts, ref authority @ ..], rest) = bytes.split_first_chunk::<HEADER>()?;
    if revision != REVISION || parts > MAX_PARTS {
        return None;
    }
    let authority = authority
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    let (rest, _) = rest.as_chunks::<PART>();
    for part in rest.get(..usize::from(parts))? {
        // Writing into a string does not fail.
        let _ = write!(text, "-{}", u32::from_le_bytes(*part));
    }
    Some(text)
}

/// Up to `APC_LEVEL`. The subauthorities are the caller's to set.
unsafe extern "win64" fn RtlInitializeSid(
    sid: *mut u8,
    authority: *const [u8; 6],
    parts: u8,
) -> NtStatus {
    irql::require_at_most("RtlInitializeSid", Irql::APC);
    if parts > MAX_PARTS {
        return NtStatus::INVALID_PARAMETER;
    }
    // SAFETY: by contract an authority.
    let authority = unsafe { authority.read() };
    let header = Header {
        revision: REVISION,
        parts,
        authority,
    };
    // SAFETY: by contract there is room for an identifier of so many parts.
    unsafe { sid.cast::<Header>().write(header) };
    NtStatus::SUCCESS
}

/// Any IRQL.
extern "win64" fn RtlLengthRequiredSid(parts: u32) -> u32 {
    u32::try_from(HEADER + PART * parts as usize).unwrap_or(u32::MAX)
}

/// Up to `APC_LEVEL`. An identifier that is not valid stops the machine: its length is undefined.
unsafe extern "win64" fn RtlLengthSid(sid: *const u8) -> u32 {
    const NAME: &str = "RtlLengthSid";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract an identifier.
    let Some(bytes) = (unsafe { bytes(sid) }) else {
        irql::stop_for_rule(&format!("{NAME} was called with what is no valid SID"));
    };
    u32::try_from(bytes.len()).unwrap_or_default()
}

/// Up to `APC_LEVEL`. The place of a subauthority; one beyond the identifier stops the machine.
unsafe extern "win64" fn RtlSubAuthoritySid(sid: *mut u8, part: u32) -> *mut u32 {
    const NAME: &str = "RtlSubAuthoritySid";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract an identifier.
    let known = unsafe { bytes(sid) };
    let offset = HEADER + PART * part as usize;
    if known.is_none_or(|bytes| offset >= bytes.len()) {
        irql::stop_for_rule(&format!("{NAME}: the SID has no subauthority {part}"));
    }
    sid.wrapping_add(offset).cast()
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn RtlValidSid(sid: *const u8) -> u8 {
    irql::require_at_most("RtlValidSid", Irql::APC);
    // SAFETY: by contract NULL, or readable bytes.
    u8::from(unsafe { bytes(sid) }.is_some())
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn RtlCopySid(room: u32, target: *mut u8, source: *const u8) -> NtStatus {
    irql::require_at_most("RtlCopySid", Irql::APC);
    // SAFETY: by contract an identifier.
    let Some(source) = (unsafe { bytes(source) }) else {
        return super::INVALID_SID;
    };
    if source.len() > room as usize {
        return NtStatus::BUFFER_TOO_SMALL;
    }
    // SAFETY: by contract `room` writable bytes, no fewer than the source has.
    unsafe { ptr::copy(source.as_ptr(), target, source.len()) };
    NtStatus::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    static NT_AUTHORITY: [u8; 6] = [0, 0, 0, 0, 0, 5];

    /// Administrators, as a driver builds it.
    fn administrators() -> [u32; 4] {
        let mut sid = [0; 4];
        let address = sid.as_mut_ptr().cast();
        // SAFETY: room for two subauthorities.
        let status = unsafe { RtlInitializeSid(address, &raw const NT_AUTHORITY, 2) };
        assert_eq!(status, NtStatus::SUCCESS);
        for (part, value) in [(0, 32), (1, 544)] {
            // SAFETY: an identifier of two subauthorities.
            let place = unsafe { RtlSubAuthoritySid(address, part) };
            // SAFETY: within `sid`.
            unsafe { place.write(value) };
        }
        sid
    }

    #[test]
    fn an_identifier_is_built_part_by_part() {
        let sid = administrators();
        // SAFETY: an identifier.
        let built = unsafe { bytes(sid.as_ptr().cast()) }.unwrap();
        assert_eq!(text(built).unwrap(), "S-1-5-32-544");
        // SAFETY: as above.
        assert_eq!(unsafe { RtlLengthSid(sid.as_ptr().cast()) }, 16);
        assert_eq!(RtlLengthRequiredSid(2), 16);
    }

    #[test]
    fn an_identifier_has_fifteen_parts_at_most() {
        let mut sid = [0_u32; 18];
        let address = sid.as_mut_ptr().cast();
        let initialize = |parts| {
            // SAFETY: room for sixteen subauthorities.
            unsafe { RtlInitializeSid(address, &raw const NT_AUTHORITY, parts) }
        };
        assert_eq!(initialize(16), NtStatus::INVALID_PARAMETER);
        assert_eq!(initialize(15), NtStatus::SUCCESS);
    }

    #[test]
    fn an_identifier_of_another_revision_is_not_valid() {
        let mut sid = administrators();
        // SAFETY: an identifier.
        assert_eq!(unsafe { RtlValidSid(sid.as_ptr().cast()) }, 1);
        sid[0] += 1;
        // SAFETY: readable bytes.
        assert_eq!(unsafe { RtlValidSid(sid.as_ptr().cast()) }, 0);
    }

    #[test]
    fn an_identifier_is_copied_if_there_is_room() {
        let source = administrators();
        let mut target = [0_u32; 4];
        let mut copy = |room| {
            // SAFETY: sixteen bytes each.
            unsafe { RtlCopySid(room, target.as_mut_ptr().cast(), source.as_ptr().cast()) }
        };
        assert_eq!(copy(15), NtStatus::BUFFER_TOO_SMALL);
        assert_eq!(copy(16), NtStatus::SUCCESS);
        assert_eq!(target, source);
    }

    #[test]
    fn a_part_beyond_the_identifier_stops_the_host() {
        let report = expect_stop!(|| {
            let mut sid = administrators();
            // SAFETY: an identifier.
            unsafe { RtlSubAuthoritySid(sid.as_mut_ptr().cast(), 2) };
        });
        assert!(report.contains("the SID has no subauthority 2"), "{report}");
    }
}
