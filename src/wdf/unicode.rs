//! Strings as the kernel writes them.

use wdk_sys::UNICODE_STRING;

/// A constant string in UTF-16, for the calls that take a `PCUNICODE_STRING`.
pub(crate) struct Utf16<const LENGTH: usize> {
    units: [u16; LENGTH],
}

impl<const LENGTH: usize> Utf16<LENGTH> {
    /// The ASCII string `text`, of exactly `LENGTH` characters; another length does not compile.
    #[expect(
        clippy::indexing_slicing,
        reason = "runs in the compiler only, see `assert`"
    )]
    #[expect(clippy::arithmetic_side_effects, reason = "runs in the compiler only")]
    pub(crate) const fn from_ascii(text: &str) -> Self {
        assert!(text.len() == LENGTH && text.is_ascii() && LENGTH < 0x4000);
        let mut units = [0; LENGTH];
        let mut index = 0;
        while index < LENGTH {
            units[index] = text.as_bytes()[index] as u16;
            index += 1;
        }
        Self { units }
    }

    /// The string as a `UNICODE_STRING` that points to it.
    pub(crate) const fn as_unicode(&'static self) -> UNICODE_STRING {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`from_ascii` limits the length"
        )]
        let bytes = size_of::<[u16; LENGTH]>() as u16;
        UNICODE_STRING {
            Length: bytes,
            MaximumLength: bytes,
            Buffer: self.units.as_ptr().cast_mut(),
        }
    }
}
