//! What is in a string of C, and where.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::string::length;
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![strchr, strrchr, strstr, wcschr, wcsrchr, wcsstr]
}

unsafe extern "win64" fn strchr(text: *const c_char, wanted: c_int) -> *const c_char {
    // SAFETY: by contract a string with a terminator.
    let text = unsafe { with_terminator(text) };
    first(text, |byte| c_int::from(*byte) == low_byte(wanted))
}

unsafe extern "win64" fn strrchr(text: *const c_char, wanted: c_int) -> *const c_char {
    // SAFETY: by contract a string with a terminator.
    let text = unsafe { with_terminator(text) };
    last(text, |byte| c_int::from(*byte) == low_byte(wanted))
}

unsafe extern "win64" fn wcschr(text: *const u16, wanted: u16) -> *const u16 {
    // SAFETY: by contract a string with a terminator.
    first(unsafe { with_terminator(text) }, |unit| *unit == wanted)
}

unsafe extern "win64" fn wcsrchr(text: *const u16, wanted: u16) -> *const u16 {
    // SAFETY: by contract a string with a terminator.
    last(unsafe { with_terminator(text) }, |unit| *unit == wanted)
}

unsafe extern "win64" fn strstr(text: *const c_char, wanted: *const c_char) -> *const c_char {
    // SAFETY: by contract two strings with terminators.
    unsafe { part(text, wanted) }
}

unsafe extern "win64" fn wcsstr(text: *const u16, wanted: *const u16) -> *const u16 {
    // SAFETY: by contract two strings with terminators.
    unsafe { part(text, wanted) }
}

/// The character that C means by a number.
fn low_byte(wanted: c_int) -> c_int {
    i8::from_le_bytes([wanted.to_le_bytes()[0]]).into()
}

/// A string, and the terminator, which can be looked for as well.
///
/// # Safety
///
/// It has a terminator, and stays as it is while the slice is used.
unsafe fn with_terminator<'a, T: Copy + Default + PartialEq>(text: *const T) -> &'a [T] {
    // SAFETY: by contract a string with a terminator.
    let count = unsafe { length(text, usize::MAX) };
    // SAFETY: so many characters are there, and the terminator.
    unsafe { std::slice::from_raw_parts(text, count + 1) }
}

fn first<T>(text: &[T], is_wanted: impl Fn(&T) -> bool) -> *const T {
    let found = text.iter().find(|one| is_wanted(one));
    found.map_or(ptr::null(), ptr::from_ref)
}

fn last<T>(text: &[T], is_wanted: impl Fn(&T) -> bool) -> *const T {
    let found = text.iter().rfind(|one| is_wanted(one));
    found.map_or(ptr::null(), ptr::from_ref)
}

/// Where `wanted` begins in `text`, or null.
///
/// # Safety
///
/// Both have terminators.
unsafe fn part<T: Copy + Default + PartialEq>(text: *const T, wanted: *const T) -> *const T {
    // SAFETY: by contract a string with a terminator.
    let all = unsafe { with_terminator(text) };
    // SAFETY: by contract a string with a terminator.
    let count = unsafe { length(wanted, usize::MAX) };
    // SAFETY: so many characters are there.
    let wanted = unsafe { std::slice::from_raw_parts(wanted, count) };
    let places = 0..all.len();
    let found = places
        .into_iter()
        .find(|place| all[*place..].starts_with(wanted));
    found.map_or(ptr::null(), |place| text.wrapping_add(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far into `text` the answer points.
    fn place<T>(text: *const T, answer: *const T) -> Option<usize> {
        (!answer.is_null()).then(|| (answer.addr() - text.addr()) / size_of::<T>())
    }

    #[test]
    fn a_character_is_found_from_both_ends() {
        let text = c"a.b.c".as_ptr();
        let found = |wanted: u8| {
            let wanted = wanted.into();
            // SAFETY: a string with a terminator.
            let first = unsafe { strchr(text, wanted) };
            // SAFETY: as above.
            let last = unsafe { strrchr(text, wanted) };
            (place(text, first), place(text, last))
        };
        assert_eq!(found(b'.'), (Some(1), Some(3)));
        assert_eq!(found(b'x'), (None, None));
        assert_eq!(found(0), (Some(5), Some(5)));
        // SAFETY: as above.
        let negative = unsafe { strchr(c"\xFF".as_ptr(), -1) };
        assert!(!negative.is_null());
    }

    #[test]
    fn a_part_of_a_string_is_found() {
        let text = c"aab".as_ptr();
        // SAFETY: strings with terminators.
        let found = |wanted: &std::ffi::CStr| unsafe { strstr(text, wanted.as_ptr()) };
        assert_eq!(place(text, found(c"ab")), Some(1));
        assert_eq!(place(text, found(c"")), Some(0));
        assert_eq!(place(text, found(c"b")), Some(2));
        assert!(found(c"abc").is_null());
    }

    #[test]
    fn wide_strings_are_searched_as_well() {
        let text = [1_u16, 2, 1, 2, 0];
        let text = text.as_ptr();
        // SAFETY: strings with terminators.
        let part = unsafe { wcsstr(text, [2_u16, 1, 0].as_ptr()) };
        // SAFETY: as above.
        let first = unsafe { wcschr(text, 2) };
        // SAFETY: as above.
        let last = unsafe { wcsrchr(text, 2) };
        assert_eq!(
            [part, first, last].map(|one| place(text, one)),
            [Some(1), Some(1), Some(3)]
        );
    }
}
