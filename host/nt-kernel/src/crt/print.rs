//! Formatted output of C into a buffer.

use std::ffi::{c_char, c_int};

use crate::dbg;
use crate::exports::{Export, ntoskrnl};

/// The answer to a text that does not fit.
const TOO_LONG: c_int = -1;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![_vsnprintf, _vsnwprintf]
}

/// Writes the text that `format` and the list at `arguments` make, with a terminator if there is room
/// for it. The number of characters, or -1 for a text that does not fit.
unsafe extern "win64" fn _vsnprintf(
    buffer: *mut u8,
    count: usize,
    format: *const c_char,
    arguments: *const u64,
) -> c_int {
    // SAFETY: by contract a format and the list that it asks for.
    let text = unsafe { dbg::render(format, arguments) };
    // SAFETY: by contract a buffer of so many characters.
    unsafe { write(text.as_bytes(), buffer, count) }
}

/// As [`_vsnprintf`], in UTF-16.
unsafe extern "win64" fn _vsnwprintf(
    buffer: *mut u16,
    count: usize,
    format: *const u16,
    arguments: *const u64,
) -> c_int {
    // SAFETY: by contract a format and the list that it asks for.
    let text = unsafe { dbg::render_wide(format, arguments) };
    let units: Vec<u16> = text.encode_utf16().collect();
    // SAFETY: by contract a buffer of so many characters.
    unsafe { write(&units, buffer, count) }
}

/// Copies as much of `text` as there is room for.
///
/// # Safety
///
/// `buffer` has room for `count` characters.
unsafe fn write<T: Copy + Default>(text: &[T], buffer: *mut T, count: usize) -> c_int {
    let written = text.len().min(count);
    // SAFETY: by contract; the text is the host's own memory.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), buffer, written) };
    if written < count {
        // SAFETY: by contract there is room for one character more.
        unsafe { buffer.wrapping_add(written).write(T::default()) };
    }
    if text.len() > count {
        return TOO_LONG;
    }
    c_int::try_from(written).unwrap_or(TOO_LONG)
}

#[cfg(test)]
#[expect(
    clippy::used_underscore_items,
    reason = "the underscores are those of C's names"
)]
mod tests {
    use super::*;

    fn print(count: usize) -> (c_int, [u8; 8]) {
        let mut buffer = [b'x'; 8];
        let format = c"%d-%s";
        let arguments = [42, c"ab".as_ptr().expose_provenance() as u64];
        // SAFETY: a buffer of eight bytes, and the list that the format asks for.
        let answer = unsafe {
            _vsnprintf(
                buffer.as_mut_ptr(),
                count,
                format.as_ptr(),
                arguments.as_ptr(),
            )
        };
        (answer, buffer)
    }

    #[test]
    fn a_text_is_cut_without_a_terminator() {
        assert_eq!(print(8), (5, *b"42-ab\0xx"));
        assert_eq!(print(5), (5, *b"42-abxxx"));
        assert_eq!(print(3), (-1, *b"42-xxxxx"));
    }

    #[test]
    fn a_wide_format_makes_wide_text() {
        let mut buffer = [0xFFFF; 4];
        let format: Vec<u16> = "%x\0".encode_utf16().collect();
        // SAFETY: a buffer of four units, and the list that the format asks for.
        let answer =
            unsafe { _vsnwprintf(buffer.as_mut_ptr(), 4, format.as_ptr(), [0xAB].as_ptr()) };
        assert_eq!((answer, &buffer[..3]), (2, &[0x61, 0x62, 0][..]));
    }
}
