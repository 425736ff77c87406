//! Names as the system wants them.

use wdk_sys::UNICODE_STRING;

/// The text in the system's characters; it has to have `N` of them, all ASCII.
pub(crate) const fn wide<const N: usize>(text: &str) -> [u16; N] {
    let bytes = text.as_bytes();
    assert!(bytes.len() == N);
    let mut characters = [0; N];
    let mut index = 0;
    while index < N {
        characters[index] = bytes[index] as u16;
        index += 1;
    }
    characters
}

/// A counted string of them.
pub(crate) fn unicode(characters: &'static [u16]) -> UNICODE_STRING {
    let length = size_of_val(characters) as u16;
    UNICODE_STRING {
        Length: length,
        MaximumLength: length,
        Buffer: characters.as_ptr().cast_mut(),
    }
}
