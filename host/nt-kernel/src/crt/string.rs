//! Strings of C.

use std::cmp::Ordering;
use std::ffi::{c_char, c_int};

use super::character::towlower;
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        _stricmp, _strnicmp, _wcsicmp, _wcsnicmp, strcmp, strlen, strncmp, strnlen, wcscmp, wcslen,
        wcsncmp, wcsnlen
    ]
}

unsafe extern "win64" fn strlen(text: *const c_char) -> usize {
    // SAFETY: by contract a string with a terminator.
    unsafe { length(text, usize::MAX) }
}

unsafe extern "win64" fn strnlen(text: *const c_char, count: usize) -> usize {
    // SAFETY: by contract a string with a terminator, or of so many bytes.
    unsafe { length(text, count) }
}

unsafe extern "win64" fn wcslen(text: *const u16) -> usize {
    // SAFETY: by contract a string with a terminator.
    unsafe { length(text, usize::MAX) }
}

unsafe extern "win64" fn wcsnlen(text: *const u16, count: usize) -> usize {
    // SAFETY: by contract a string with a terminator, or of so many characters.
    unsafe { length(text, count) }
}

unsafe extern "win64" fn strcmp(left: *const c_char, right: *const c_char) -> c_int {
    // SAFETY: by contract two strings with terminators.
    unsafe { compare(left.cast(), right.cast(), usize::MAX, |byte: u8| byte) }
}

unsafe extern "win64" fn strncmp(left: *const c_char, right: *const c_char, count: usize) -> c_int {
    // SAFETY: by contract two strings with terminators, or of so many bytes.
    unsafe { compare(left.cast(), right.cast(), count, |byte: u8| byte) }
}

unsafe extern "win64" fn _stricmp(left: *const c_char, right: *const c_char) -> c_int {
    let fold = |byte: u8| byte.to_ascii_lowercase();
    // SAFETY: by contract two strings with terminators.
    unsafe { compare(left.cast(), right.cast(), usize::MAX, fold) }
}

unsafe extern "win64" fn _strnicmp(
    left: *const c_char,
    right: *const c_char,
    count: usize,
) -> c_int {
    let fold = |byte: u8| byte.to_ascii_lowercase();
    // SAFETY: by contract two strings with terminators, or of so many bytes.
    unsafe { compare(left.cast(), right.cast(), count, fold) }
}

unsafe extern "win64" fn wcscmp(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: by contract two strings with terminators.
    unsafe { compare(left, right, usize::MAX, |unit: u16| unit) }
}

unsafe extern "win64" fn wcsncmp(left: *const u16, right: *const u16, count: usize) -> c_int {
    // SAFETY: by contract two strings with terminators, or of so many characters.
    unsafe { compare(left, right, count, |unit: u16| unit) }
}

unsafe extern "win64" fn _wcsicmp(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: by contract two strings with terminators.
    unsafe { compare(left, right, usize::MAX, |unit| towlower(unit)) }
}

unsafe extern "win64" fn _wcsnicmp(left: *const u16, right: *const u16, count: usize) -> c_int {
    // SAFETY: by contract two strings with terminators, or of so many characters.
    unsafe { compare(left, right, count, |unit| towlower(unit)) }
}

/// The length of a string, at most `count`.
///
/// # Safety
///
/// It has a terminator, or `count` characters.
pub(super) unsafe fn length<T: Copy + Default + PartialEq>(text: *const T, count: usize) -> usize {
    (0..count)
        .take_while(|place| {
            // SAFETY: the terminator has not come yet, so there is a further character.
            unsafe { text.wrapping_add(*place).read() != T::default() }
        })
        .count()
}

/// Compares two strings, at most `count` characters, each after `fold`.
///
/// # Safety
///
/// Each string has a terminator or `count` characters.
unsafe fn compare<T: Copy + Default + Ord>(
    left: *const T,
    right: *const T,
    count: usize,
    fold: impl Fn(T) -> T,
) -> c_int {
    for place in 0..count {
        // SAFETY: no terminator so far, so there is a further character.
        let one = fold(unsafe { left.wrapping_add(place).read() });
        // SAFETY: as above: the strings are equal so far.
        let other = fold(unsafe { right.wrapping_add(place).read() });
        match one.cmp(&other) {
            Ordering::Less => return -1,
            Ordering::Greater => return 1,
            Ordering::Equal if one == T::default() => return 0,
            Ordering::Equal => {}
        }
    }
    0
}

#[cfg(test)]
#[expect(
    clippy::used_underscore_items,
    reason = "the underscores are those of C's names"
)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    type Compare = unsafe extern "win64" fn(*const c_char, *const c_char) -> c_int;
    type CompareSome = unsafe extern "win64" fn(*const c_char, *const c_char, usize) -> c_int;

    #[test]
    fn strings_are_measured_and_compared() {
        let compare = |function: Compare, left: &CStr, right: &CStr| {
            // SAFETY: the functions take strings with terminators.
            unsafe { function(left.as_ptr(), right.as_ptr()) }
        };
        let compare_some = |function: CompareSome, left: &CStr, right: &CStr, count| {
            // SAFETY: as above.
            unsafe { function(left.as_ptr(), right.as_ptr(), count) }
        };
        // SAFETY: as above.
        assert_eq!(unsafe { strlen(c"four".as_ptr()) }, 4);
        assert_eq!(compare(strcmp, c"ab", c"ab"), 0);
        assert_eq!(compare(strcmp, c"ab", c"abc"), -1);
        assert_eq!(compare(_stricmp, c"Route", c"rOUTE"), 0);
        assert_eq!(compare_some(strncmp, c"abX", c"abY", 2), 0);
        assert_eq!(compare_some(_strnicmp, c"b", c"A", 9), 1);
    }

    #[test]
    fn wide_strings_are_measured_and_compared() {
        let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
        let (upper, lower) = (wide("RÜ"), wide("rÜ"));
        // SAFETY: a string with a terminator.
        assert_eq!(unsafe { wcslen(upper.as_ptr()) }, 2);
        // SAFETY: strings with terminators.
        let order = unsafe { wcscmp(upper.as_ptr(), lower.as_ptr()) };
        assert_eq!(order, -1);
        // SAFETY: as above.
        let order = unsafe { _wcsicmp(upper.as_ptr(), lower.as_ptr()) };
        assert_eq!(order, 0);
    }

    #[test]
    fn a_count_limits_what_is_measured_and_compared() {
        let (left, right) = ([0x41_u16, 0x42, 0], [0x61_u16, 0x43, 0]);
        // SAFETY: a string with a terminator.
        let count = |limit| unsafe { wcsnlen(left.as_ptr(), limit) };
        assert_eq!((count(1), count(9)), (1, 2));
        // SAFETY: strings with terminators.
        let order = |limit| unsafe { _wcsnicmp(left.as_ptr(), right.as_ptr(), limit) };
        assert_eq!((order(1), order(2)), (0, -1));
        // SAFETY: strings with terminators.
        let order = |limit| unsafe { wcsncmp(left.as_ptr(), right.as_ptr(), limit) };
        assert_eq!((order(0), order(1)), (0, -1));
        // SAFETY: as above.
        assert_eq!(unsafe { strnlen(c"four".as_ptr(), 3) }, 3);
    }
}
