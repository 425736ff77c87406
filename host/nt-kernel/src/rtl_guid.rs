//! `Rtl`: GUIDs in counted strings.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::{Guid, NtStatus};

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::rtl_ansi::Counted;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![RtlGUIDFromString, RtlStringFromGUID]
}

/// `PASSIVE_LEVEL`. The string is a new one, which `RtlFreeUnicodeString` frees.
unsafe extern "win64" fn RtlStringFromGUID(
    guid: *const Guid,
    target: *mut Counted<u16>,
) -> NtStatus {
    const NAME: &str = "RtlStringFromGUID";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract the caller's GUID.
    let guid = unsafe { guid.read() };
    let text = guid.to_string().to_ascii_uppercase();
    let text: Vec<u16> = text.encode_utf16().collect();
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    // SAFETY: a buffer is allocated.
    unsafe { target.convert(NAME, &text, true) }
}

/// `PASSIVE_LEVEL`. The text has braces, and digits of either case.
unsafe extern "win64" fn RtlGUIDFromString(
    source: *const Counted<u16>,
    guid: *mut Guid,
) -> NtStatus {
    irql::require_at_most("RtlGUIDFromString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let text = String::from_utf16_lossy(unsafe { source.characters() });
    let Ok(found) = text.parse::<Guid>() else {
        return NtStatus::INVALID_PARAMETER;
    };
    // SAFETY: by contract the caller's variable.
    unsafe { guid.write(found) };
    NtStatus::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool;

    static GUID: Guid = Guid {
        data1: 0x6F1C_2B11,
        data2: 0x52A4,
        data3: 0xC36,
        data4: [0x9A, 0x53, 0xB, 0x7E, 0x3F, 0x1D, 0x9C, 0x11],
    };
    const TEXT: &str = "{6F1C2B11-52A4-0C36-9A53-0B7E3F1D9C11}";

    fn from_text(text: &str) -> Result<Guid, NtStatus> {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        let source = Counted::of(&mut units);
        let mut guid = Guid::default();
        // SAFETY: a string and a variable of this test.
        match unsafe { RtlGUIDFromString(&raw const source, &raw mut guid) } {
            NtStatus::SUCCESS => Ok(guid),
            status => Err(status),
        }
    }

    #[test]
    fn a_guid_is_written_with_braces_and_read_again() {
        let mut target = Counted::of(&mut []);
        // SAFETY: a GUID and a variable of this test.
        let status = unsafe { RtlStringFromGUID(&raw const GUID, &raw mut target) };
        assert_eq!(status, NtStatus::SUCCESS);
        // SAFETY: written above.
        let text = String::from_utf16_lossy(unsafe { target.characters() });
        assert_eq!(text, TEXT);
        pool::free(target.address(), None);
        assert_eq!(from_text(TEXT), Ok(GUID));
        assert_eq!(from_text(&TEXT.to_lowercase()), Ok(GUID));
    }

    #[test]
    fn what_is_no_guid_is_refused() {
        for text in [
            "",
            &TEXT[1..],
            &TEXT[..TEXT.len() - 1],
            &TEXT.replacen('-', "", 1),
            &TEXT.replacen('6', "+", 1),
            &TEXT.replacen("52A4-0", "52A40-", 1),
            &TEXT.replacen("11}", "1}", 1),
        ] {
            assert_eq!(from_text(text), Err(NtStatus::INVALID_PARAMETER), "{text}");
        }
    }
}
