//! Characters of C, in the C locale.

use std::ffi::c_int;

use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        isdigit, islower, isspace, isupper, isxdigit, tolower, toupper, towlower, towupper
    ]
}

extern "win64" fn isdigit(character: c_int) -> c_int {
    is(character, u8::is_ascii_digit)
}

extern "win64" fn isxdigit(character: c_int) -> c_int {
    is(character, u8::is_ascii_hexdigit)
}

extern "win64" fn islower(character: c_int) -> c_int {
    is(character, u8::is_ascii_lowercase)
}

extern "win64" fn isupper(character: c_int) -> c_int {
    is(character, u8::is_ascii_uppercase)
}

extern "win64" fn isspace(character: c_int) -> c_int {
    is(character, |byte| is_space(*byte))
}

extern "win64" fn tolower(character: c_int) -> c_int {
    fold(character, u8::to_ascii_lowercase)
}

extern "win64" fn toupper(character: c_int) -> c_int {
    fold(character, u8::to_ascii_uppercase)
}

pub(super) extern "win64" fn towlower(character: u16) -> u16 {
    u8::try_from(character).map_or(character, |byte| byte.to_ascii_lowercase().into())
}

extern "win64" fn towupper(character: u16) -> u16 {
    u8::try_from(character).map_or(character, |byte| byte.to_ascii_uppercase().into())
}

fn is(character: c_int, is_one: impl Fn(&u8) -> bool) -> c_int {
    u8::try_from(character)
        .is_ok_and(|byte| is_one(&byte))
        .into()
}

fn fold(character: c_int, change: impl Fn(&u8) -> u8) -> c_int {
    u8::try_from(character).map_or(character, |byte| change(&byte).into())
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_their_kinds() {
        let kinds = |character: char| {
            let character = c_int::try_from(u32::from(character)).unwrap();
            [isdigit, isxdigit, islower, isupper, isspace].map(|kind| kind(character) != 0)
        };
        assert_eq!(kinds('7'), [true, true, false, false, false]);
        assert_eq!(kinds('f'), [false, true, true, false, false]);
        assert_eq!(kinds('Z'), [false, false, false, true, false]);
        assert_eq!(kinds('\u{B}'), [false, false, false, false, true]);
        assert_eq!(isdigit(-1), 0);
    }

    #[test]
    fn letters_change_their_case_and_others_stay() {
        let (small, capital) = (c_int::from(b'q'), c_int::from(b'Q'));
        assert_eq!((toupper(small), tolower(capital)), (capital, small));
        assert_eq!((toupper(-1), tolower(0x141)), (-1, 0x141));
        assert_eq!((towupper(0x71), towlower(0x51)), (0x51, 0x71));
        assert_eq!((towupper(0x171), towlower(0x151)), (0x171, 0x151));
    }
}
