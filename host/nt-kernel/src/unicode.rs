//! `UNICODE_STRING`: counted UTF-16 text.

/// A `UNICODE_STRING` as it lies in memory. The structure does not own the text.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct UnicodeString {
    /// Bytes in use, without any terminator.
    pub length: u16,
    /// Bytes there are.
    pub maximum_length: u16,
    /// The text.
    pub buffer: *const u16,
}

impl UnicodeString {
    /// No text.
    pub const EMPTY: Self = Self {
        length: 0,
        maximum_length: 0,
        buffer: core::ptr::null(),
    };

    /// A copy of the text; unpaired surrogates are replaced.
    ///
    /// # Safety
    ///
    /// `buffer` is null, or `length` bytes can be read there.
    #[must_use]
    pub unsafe fn text(&self) -> String {
        // SAFETY: the same contract.
        String::from_utf16_lossy(unsafe { self.units() })
    }

    /// The text's units.
    ///
    /// # Safety
    ///
    /// As for [`text`](Self::text), and no thread writes them meanwhile.
    pub(crate) unsafe fn units(&self) -> &[u16] {
        if self.buffer.is_null() {
            return &[];
        }
        let count = usize::from(self.length / 2);
        // SAFETY: not null, so by contract `length` bytes can be read.
        unsafe { core::slice::from_raw_parts(self.buffer, count) }
    }

    /// A copy of the text of the string at `string`; empty for null.
    ///
    /// # Safety
    ///
    /// `string` is null, or a string as for [`text`](Self::text).
    #[must_use]
    pub unsafe fn text_at(string: *const Self) -> String {
        // SAFETY: by contract.
        let string = unsafe { string.as_ref() };
        // SAFETY: by contract.
        string.map_or_else(String::new, |string| unsafe { string.text() })
    }
}

/// Text with a `UNICODE_STRING` of its own, at a fixed place: NUL-terminated besides.
pub struct OwnedUnicodeString {
    text: Box<[u16]>,
}

impl OwnedUnicodeString {
    /// A copy of `text`, cut to what a `UNICODE_STRING` can count.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let longest = usize::from(u16::MAX / 2) - 1;
        let text = text.encode_utf16().take(longest).chain([0]).collect();
        Self { text }
    }

    /// The structure for it; valid as long as `self` is.
    #[must_use]
    pub fn as_unicode_string(&self) -> UnicodeString {
        let bytes = u16::try_from(self.text.len() * 2).unwrap_or(u16::MAX);
        UnicodeString {
            length: bytes - 2,
            maximum_length: bytes,
            buffer: self.text.as_ptr(),
        }
    }

    /// The NUL-terminated text.
    #[must_use]
    pub fn as_ptr(&self) -> *const u16 {
        self.text.as_ptr()
    }
}
