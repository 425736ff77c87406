//! Numbers in strings of C.

use std::ffi::{c_char, c_int};

use super::character::is_space;
use super::string::length;
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![atoi, atol]
}

/// 0 for what is no number; the end of the range for one beyond it.
unsafe extern "win64" fn atoi(text: *const c_char) -> c_int {
    // SAFETY: by contract a string with a terminator.
    let count = unsafe { length(text, usize::MAX) };
    // SAFETY: so many bytes are there.
    let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), count) };
    number(bytes)
}

/// As [`atoi`]: a `long` of Windows has 32 bits.
unsafe extern "win64" fn atol(text: *const c_char) -> c_int {
    // SAFETY: by contract a string with a terminator.
    unsafe { atoi(text) }
}

fn number(text: &[u8]) -> c_int {
    let start = text.iter().position(|byte| !is_space(*byte));
    let text = &text[start.unwrap_or(text.len())..];
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: c_int, digit| {
        let digit = c_int::from(digit - b'0');
        let signed = if is_negative { -digit } else { digit };
        number.saturating_mul(10).saturating_add(signed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_up_to_what_is_no_digit() {
        for (text, expected) in [
            (c" \t-12x", -12),
            (c"+7", 7),
            (c"x", 0),
            (c"", 0),
            (c"99999999999", i32::MAX),
            (c"-99999999999", i32::MIN),
        ] {
            // SAFETY: a string with a terminator.
            assert_eq!(unsafe { atol(text.as_ptr()) }, expected, "{text:?}");
        }
    }
}
