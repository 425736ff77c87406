//! The arguments of a variadic call, read one by one.

use std::ffi::CStr;

use crate::irql::{self, Irql};

/// The text that is printed for a null pointer.
const NULL_TEXT: &str = "(null)";

/// The list of arguments of a variadic call of the x64 calling convention: 64 bits each.
pub(super) struct Arguments {
    next: *const u64,
}

impl Arguments {
    /// Reads the list at `list`.
    ///
    /// # Safety
    ///
    /// The list has an argument for every call of a method, of the kind that the method reads.
    pub(super) unsafe fn new(list: *const u64) -> Self {
        Self { next: list }
    }

    /// The next argument's bits.
    pub(super) fn next_bits(&mut self) -> u64 {
        // SAFETY: by the contract of `new` there is a further argument.
        let bits = unsafe { self.next.read() };
        self.next = self.next.wrapping_add(1);
        bits
    }

    fn next_pointer<T>(&mut self) -> *const T {
        let address = usize::try_from(self.next_bits()).unwrap_or_default();
        std::ptr::with_exposed_provenance(address)
    }

    /// Text of one byte a character that a zero ends.
    pub(super) fn next_text(&mut self) -> String {
        let text = self.next_pointer::<std::ffi::c_char>();
        if text.is_null() {
            return NULL_TEXT.to_owned();
        }
        // SAFETY: by the contract of `new` a pointer to text with a terminator.
        let text = unsafe { CStr::from_ptr(text) };
        String::from_utf8_lossy(text.to_bytes()).into_owned()
    }

    /// Text of one byte a character, of which at most `count` are read and which needs no
    /// terminator then.
    pub(super) fn next_text_up_to(&mut self, count: usize) -> String {
        let text = self.next_pointer::<u8>();
        if text.is_null() {
            return NULL_TEXT.to_owned();
        }
        let byte = |index: usize| {
            // SAFETY: by the contract of `new` there are `count` bytes, or a terminator before.
            unsafe { text.wrapping_add(index).read() }
        };
        let bytes: Vec<u8> = (0..count).map(byte).take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// UTF-16 that a zero ends, or of `count` units.
    pub(super) fn next_wide_text(&mut self, count: Option<usize>) -> String {
        require_passive();
        let text = self.next_pointer::<u16>();
        if text.is_null() {
            return NULL_TEXT.to_owned();
        }
        let unit = |index: usize| {
            // SAFETY: by the contract of `new` there are `count` units, or a terminator before.
            unsafe { text.wrapping_add(index).read() }
        };
        let units = (0..count.unwrap_or(usize::MAX)).map(unit);
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        String::from_utf16_lossy(&units)
    }

    /// A pointer to a `UNICODE_STRING`.
    pub(super) fn next_unicode_string(&mut self) -> String {
        require_passive();
        let string = self.next_pointer::<(u16, *const u16)>();
        // SAFETY: by the contract of `new` null, or a counted string, whose length in bytes is first.
        let Some((length, buffer)) = (unsafe { string.as_ref() }) else {
            return NULL_TEXT.to_owned();
        };
        if buffer.is_null() || *length == 0 {
            return String::new();
        }
        // SAFETY: its buffer has that length.
        let units = unsafe { std::slice::from_raw_parts(*buffer, usize::from(*length) / 2) };
        String::from_utf16_lossy(units)
    }
}

fn require_passive() {
    irql::require_at_most("DbgPrint with a Unicode conversion", Irql::PASSIVE);
}
