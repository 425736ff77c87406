//! Strings of C that are copied, and put one behind the other.

use std::ffi::c_char;

use super::string::length;
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        strcat, strcpy, strncat, strncpy, wcscat, wcscpy, wcsncat, wcsncpy
    ]
}

unsafe extern "win64" fn strcpy(to: *mut c_char, from: *const c_char) -> *mut c_char {
    // SAFETY: by contract a string, and room for it.
    unsafe { copy(to, from, usize::MAX) }
}

unsafe extern "win64" fn wcscpy(to: *mut u16, from: *const u16) -> *mut u16 {
    // SAFETY: by contract a string, and room for it.
    unsafe { copy(to, from, usize::MAX) }
}

unsafe extern "win64" fn strcat(to: *mut c_char, from: *const c_char) -> *mut c_char {
    // SAFETY: by contract two strings, and room for the second one behind the first one.
    unsafe { append(to, from, usize::MAX) }
}

unsafe extern "win64" fn wcscat(to: *mut u16, from: *const u16) -> *mut u16 {
    // SAFETY: by contract two strings, and room for the second one behind the first one.
    unsafe { append(to, from, usize::MAX) }
}

unsafe extern "win64" fn strncat(
    to: *mut c_char,
    from: *const c_char,
    count: usize,
) -> *mut c_char {
    // SAFETY: by contract two strings, and room for so much of the second one and a terminator.
    unsafe { append(to, from, count) }
}

unsafe extern "win64" fn wcsncat(to: *mut u16, from: *const u16, count: usize) -> *mut u16 {
    // SAFETY: by contract two strings, and room for so much of the second one and a terminator.
    unsafe { append(to, from, count) }
}

unsafe extern "win64" fn strncpy(
    to: *mut c_char,
    from: *const c_char,
    count: usize,
) -> *mut c_char {
    // SAFETY: by contract a string, and room for so many characters.
    unsafe { fill(to, from, count) }
}

unsafe extern "win64" fn wcsncpy(to: *mut u16, from: *const u16, count: usize) -> *mut u16 {
    // SAFETY: by contract a string, and room for so many characters.
    unsafe { fill(to, from, count) }
}

/// Copies at most `count` characters and a terminator.
///
/// # Safety
///
/// `from` is a string, and `to` has room.
unsafe fn copy<T: Copy + Default + PartialEq>(to: *mut T, from: *const T, count: usize) -> *mut T {
    // SAFETY: by contract a string.
    let copied = unsafe { length(from, count) };
    // SAFETY: so many characters are there, and there is room for them.
    unsafe { std::ptr::copy(from, to, copied) };
    // SAFETY: there is room for a terminator.
    unsafe { to.wrapping_add(copied).write(T::default()) };
    to
}

/// Copies at most `count` characters and a terminator behind the string at `to`.
///
/// # Safety
///
/// Both are strings, and the first one has room.
unsafe fn append<T: Copy + Default + PartialEq>(
    to: *mut T,
    from: *const T,
    count: usize,
) -> *mut T {
    // SAFETY: by contract a string.
    let end = unsafe { length(to, usize::MAX) };
    // SAFETY: by contract a string, and room behind the other one.
    unsafe { copy(to.wrapping_add(end), from, count) };
    to
}

/// Writes exactly `count` characters: those of the string, then zeros, so that a longer string has no
/// terminator.
///
/// # Safety
///
/// `from` is a string, and `to` has room for `count` characters.
unsafe fn fill<T: Copy + Default + PartialEq>(to: *mut T, from: *const T, count: usize) -> *mut T {
    // SAFETY: by contract a string.
    let copied = unsafe { length(from, count) };
    // SAFETY: so many characters are there, and there is room for them.
    unsafe { std::ptr::copy(from, to, copied) };
    for place in copied..count {
        // SAFETY: there is room for `count` characters.
        unsafe { to.wrapping_add(place).write(T::default()) };
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    type Copying = unsafe extern "win64" fn(*mut u16, *const u16) -> *mut u16;
    type CopyingSome = unsafe extern "win64" fn(*mut u16, *const u16, usize) -> *mut u16;

    const END: u16 = 0;
    const OLD: u16 = 9;

    #[test]
    fn a_copy_ends_with_a_terminator() {
        let put = |function: Copying, mut room: [u16; 6]| {
            // SAFETY: strings of this test, with room.
            let answer = unsafe { function(room.as_mut_ptr(), [7, 8, END].as_ptr()) };
            assert_eq!(answer, room.as_mut_ptr());
            room
        };
        assert_eq!(put(wcscpy, [OLD; 6]), [7, 8, END, OLD, OLD, OLD]);
        assert_eq!(
            put(wcscat, [1, END, OLD, OLD, OLD, OLD]),
            [1, 7, 8, END, OLD, OLD]
        );
    }

    #[test]
    fn a_count_limits_what_is_copied() {
        let put = |function: CopyingSome, mut room: [u16; 5], count| {
            // SAFETY: strings of this test, with room.
            unsafe { function(room.as_mut_ptr(), [7, 8, END].as_ptr(), count) };
            room
        };
        assert_eq!(
            put(wcsncat, [1, END, OLD, OLD, OLD], 1),
            [1, 7, END, OLD, OLD]
        );
        assert_eq!(put(wcsncpy, [OLD; 5], 1), [7, OLD, OLD, OLD, OLD]);
        assert_eq!(put(wcsncpy, [OLD; 5], 4), [7, 8, END, END, OLD]);
    }

    #[test]
    fn bytes_are_copied_as_wide_characters_are() {
        let mut room = [OLD.to_le_bytes()[0].cast_signed(); 8];
        // SAFETY: room for all of it.
        unsafe { strcpy(room.as_mut_ptr(), c"ab".as_ptr()) };
        // SAFETY: as above.
        unsafe { strcat(room.as_mut_ptr(), c"c".as_ptr()) };
        // SAFETY: as above.
        unsafe { strncat(room.as_mut_ptr(), c"de".as_ptr(), 1) };
        assert_eq!(room.map(i8::cast_unsigned), *b"abcd\0\t\t\t");
        // SAFETY: as above.
        unsafe { strncpy(room.as_mut_ptr(), c"x".as_ptr(), 3) };
        assert_eq!(room.map(i8::cast_unsigned), *b"x\0\0d\0\t\t\t");
    }
}
