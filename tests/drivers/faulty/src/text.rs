//! Text as the kernel has it.

use wdk_sys::{PCUNICODE_STRING, UNICODE_STRING};

/// A constant as a `UNICODE_STRING`.
macro_rules! unicode {
    ($text:literal) => {{
        const UNITS: [u16; $text.len()] = {
            let mut units = [0; $text.len()];
            let mut index = 0;
            while index < units.len() {
                units[index] = $text[index] as u16;
                index += 1;
            }
            units
        };
        static TEXT: [u16; $text.len()] = UNITS;
        $crate::text::counted(&TEXT)
    }};
}
pub(crate) use unicode;

/// `units` as a `UNICODE_STRING`.
pub(crate) fn counted(units: &'static [u16]) -> UNICODE_STRING {
    let bytes = u16::try_from(size_of_val(units)).unwrap_or_default();
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    }
}

/// The units of a `UNICODE_STRING` that lives for the caller's sake.
///
/// # Safety
///
/// As for every pointer of the system's.
pub(crate) unsafe fn of<'a>(text: PCUNICODE_STRING) -> &'a [u16] {
    core::slice::from_raw_parts((*text).Buffer, usize::from((*text).Length) / 2)
}
