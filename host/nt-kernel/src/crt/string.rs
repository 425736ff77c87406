//! Strings of C.

use std::cmp::Ordering;
use std::ffi::{CStr, c_char, c_int};

use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        _stricmp, _strnicmp, _wcsicmp, strcmp, strlen, strncmp, wcscmp, wcslen
    ]
}

unsafe extern "win64" fn strlen(text: *const c_char) -> usize {
    // SAFETY: by contract a string with a terminator.
    unsafe { CStr::from_ptr(text) }.count_bytes()
}

unsafe extern "win64" fn wcslen(text: *const u16) -> usize {
    (0..usize::MAX)
        .take_while(|place| {
            // SAFETY: by contract a string with a terminator, which has not come yet.
            unsafe { text.wrapping_add(*place).read() != 0 }
        })
        .count()
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

unsafe extern "win64" fn _wcsicmp(left: *const u16, right: *const u16) -> c_int {
    let fold = |unit: u16| u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_lowercase().into());
    // SAFETY: by contract two strings with terminators.
    unsafe { compare(left, right, usize::MAX, fold) }
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
    fold: fn(T) -> T,
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
}
