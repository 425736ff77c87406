//! `Rtl`: conversion between strings of one byte a character and UTF-16, and appending.
//!
//! The host's code page is Latin-1.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ffi::{CStr, c_char};
use std::ptr;

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::{fault, pool};

/// The tag of strings that these functions allocate.
const TAG: u32 = u32::from_le_bytes(*b"RtlS");
/// `STATUS_BUFFER_OVERFLOW`: a warning.
pub(crate) const BUFFER_OVERFLOW: NtStatus = NtStatus::new(0x8000_0005);
/// `STATUS_INVALID_PARAMETER_2`: the string is too long to be counted.
const TOO_LONG: NtStatus = NtStatus::new(0xC000_00F0);

/// A counted string, its lengths in bytes: `ANSI_STRING` or `UNICODE_STRING`.
#[repr(C)]
pub(crate) struct Counted<T> {
    length: u16,
    maximum: u16,
    buffer: *mut T,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlAnsiStringToUnicodeString,
        RtlAppendUnicodeStringToString,
        RtlAppendUnicodeToString,
        RtlFreeAnsiString,
        RtlFreeUnicodeString,
        RtlInitAnsiString,
        RtlInitString,
        RtlUnicodeStringToAnsiString,
        RtlxAnsiStringToUnicodeSize,
        RtlxUnicodeStringToAnsiSize,
    ]
}

impl<T: Copy + Default> Counted<T> {
    const UNIT: usize = size_of::<T>();

    /// A string whose buffer is full of these characters, for tests.
    #[cfg(test)]
    pub(crate) fn of(characters: &mut [T]) -> Self {
        let length = u16::try_from(size_of_val(characters)).expect("a short string");
        Self {
            length,
            maximum: length,
            buffer: characters.as_mut_ptr(),
        }
    }

    /// Where the characters lie, for tests.
    #[cfg(test)]
    pub(crate) fn address(&self) -> usize {
        self.buffer.addr()
    }

    /// The characters.
    ///
    /// # Safety
    ///
    /// The buffer has `length` bytes that no thread writes meanwhile.
    pub(crate) unsafe fn characters(&self) -> &[T] {
        let count = usize::from(self.length) / Self::UNIT;
        if count == 0 {
            return &[];
        }
        // SAFETY: by contract.
        unsafe { std::slice::from_raw_parts(self.buffer, count) }
    }

    /// Writes `text` behind `place` characters, with a terminator if there is room for it, and counts
    /// it. `BUFFER_OVERFLOW` if there is no room for the text.
    ///
    /// # Safety
    ///
    /// The buffer has `maximum` bytes.
    pub(crate) unsafe fn put(&mut self, place: usize, text: &[T], refusal: NtStatus) -> NtStatus {
        let room = usize::from(self.maximum) / Self::UNIT;
        let end = place + text.len();
        let length = u16::try_from(end * Self::UNIT);
        let Ok(length) = length else {
            return refusal;
        };
        if end > room {
            return refusal;
        }
        let target = self.buffer.wrapping_add(place);
        // SAFETY: there is room; the text may lie in the same buffer.
        unsafe { ptr::copy(text.as_ptr(), target, text.len()) };
        if end < room {
            // SAFETY: there is room for one character more.
            unsafe { self.buffer.wrapping_add(end).write(T::default()) };
        }
        self.length = length;
        NtStatus::SUCCESS
    }

    /// Writes `text` with a terminator, into a new buffer if `allocates`.
    ///
    /// # Safety
    ///
    /// Without `allocates`, the buffer has `maximum` bytes.
    pub(crate) unsafe fn convert(
        &mut self,
        function: &str,
        text: &[T],
        allocates: bool,
    ) -> NtStatus {
        let size = (text.len() + 1) * Self::UNIT;
        let Ok(maximum) = u16::try_from(size) else {
            return TOO_LONG;
        };
        if allocates {
            let block = (!fault::inject(function)).then(|| pool::allocate(false, size, TAG));
            let Some(block) = block.flatten() else {
                return NtStatus::NO_MEMORY;
            };
            self.buffer = block.as_ptr().cast();
            self.maximum = maximum;
        } else if maximum > self.maximum {
            return BUFFER_OVERFLOW;
        }
        // SAFETY: by contract, or allocated above.
        unsafe { self.put(0, text, BUFFER_OVERFLOW) }
    }

    fn free(&mut self) {
        if !self.buffer.is_null() {
            pool::free(self.buffer.addr(), None);
        }
        *self = Self {
            length: 0,
            maximum: 0,
            buffer: ptr::null_mut(),
        };
    }
}

/// Any IRQL, if the memory is resident.
unsafe extern "win64" fn RtlInitAnsiString(target: *mut Counted<u8>, source: *mut c_char) {
    let length = if source.is_null() {
        None
    } else {
        // SAFETY: by contract a string with a terminator.
        Some(unsafe { CStr::from_ptr(source) }.count_bytes().min(0xFFFE))
    };
    let bytes = |length| u16::try_from(length).unwrap_or(u16::MAX);
    let string = Counted {
        length: length.map_or(0, bytes),
        maximum: length.map_or(0, |length| bytes(length + 1)),
        buffer: source.cast(),
    };
    // SAFETY: by contract the caller's variable.
    unsafe { target.write(string) };
}

/// As [`RtlInitAnsiString`].
unsafe extern "win64" fn RtlInitString(target: *mut Counted<u8>, source: *mut c_char) {
    // SAFETY: by contract.
    unsafe { RtlInitAnsiString(target, source) };
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlAnsiStringToUnicodeString(
    target: *mut Counted<u16>,
    source: *const Counted<u8>,
    allocates: u8,
) -> NtStatus {
    const NAME: &str = "RtlAnsiStringToUnicodeString";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let bytes = unsafe { source.characters() };
    let text: Vec<u16> = bytes.iter().map(|byte| (*byte).into()).collect();
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    // SAFETY: by contract the buffer has its maximum length.
    unsafe { target.convert(NAME, &text, allocates != 0) }
}

/// `PASSIVE_LEVEL`. A character that has no byte becomes a question mark.
unsafe extern "win64" fn RtlUnicodeStringToAnsiString(
    target: *mut Counted<u8>,
    source: *const Counted<u16>,
    allocates: u8,
) -> NtStatus {
    const NAME: &str = "RtlUnicodeStringToAnsiString";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let units = unsafe { source.characters() };
    let byte = |unit: &u16| u8::try_from(*unit).unwrap_or(b'?');
    let text: Vec<u8> = units.iter().map(byte).collect();
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    // SAFETY: by contract the buffer has its maximum length.
    unsafe { target.convert(NAME, &text, allocates != 0) }
}

/// `PASSIVE_LEVEL`. The bytes of the string in UTF-16, with a terminator.
unsafe extern "win64" fn RtlxAnsiStringToUnicodeSize(source: *const Counted<u8>) -> u32 {
    irql::require_at_most("RtlxAnsiStringToUnicodeSize", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let length = unsafe { (*source).length };
    (u32::from(length) + 1) * 2
}

/// `PASSIVE_LEVEL`. The bytes of the string with one byte a character, with a terminator.
unsafe extern "win64" fn RtlxUnicodeStringToAnsiSize(source: *const Counted<u16>) -> u32 {
    irql::require_at_most("RtlxUnicodeStringToAnsiSize", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let length = unsafe { (*source).length };
    u32::from(length) / 2 + 1
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlFreeUnicodeString(string: *mut Counted<u16>) {
    irql::require_at_most("RtlFreeUnicodeString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    unsafe { &mut *string }.free();
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlFreeAnsiString(string: *mut Counted<u8>) {
    irql::require_at_most("RtlFreeAnsiString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    unsafe { &mut *string }.free();
}

/// Any IRQL, if the memory is resident.
unsafe extern "win64" fn RtlAppendUnicodeStringToString(
    target: *mut Counted<u16>,
    source: *const Counted<u16>,
) -> NtStatus {
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let text = unsafe { source.characters() }.to_vec();
    // SAFETY: by contract the caller's string.
    unsafe { append(target, &text) }
}

/// Any IRQL, if the memory is resident. A null source appends nothing.
unsafe extern "win64" fn RtlAppendUnicodeToString(
    target: *mut Counted<u16>,
    source: *const u16,
) -> NtStatus {
    if source.is_null() {
        return NtStatus::SUCCESS;
    }
    let unit = |place: usize| {
        // SAFETY: by contract a string with a terminator, which has not come yet.
        unsafe { source.wrapping_add(place).read() }
    };
    let text: Vec<u16> = (0..usize::MAX)
        .map(unit)
        .take_while(|unit| *unit != 0)
        .collect();
    // SAFETY: by contract the caller's string.
    unsafe { append(target, &text) }
}

/// # Safety
///
/// `target` is a string whose buffer has its maximum length.
unsafe fn append(target: *mut Counted<u16>, text: &[u16]) -> NtStatus {
    // SAFETY: by contract.
    let target = unsafe { &mut *target };
    let place = usize::from(target.length) / size_of::<u16>();
    // SAFETY: by contract.
    unsafe { target.put(place, text, NtStatus::BUFFER_TOO_SMALL) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ansi(text: &'static CStr) -> Counted<u8> {
        let mut string = std::mem::MaybeUninit::uninit();
        // SAFETY: a variable of this test.
        unsafe { RtlInitAnsiString(string.as_mut_ptr(), text.as_ptr().cast_mut()) };
        // SAFETY: initialised above.
        unsafe { string.assume_init() }
    }

    fn wide(buffer: &mut [u16], length: u16) -> Counted<u16> {
        Counted {
            length,
            maximum: u16::try_from(size_of_val(buffer)).unwrap(),
            buffer: buffer.as_mut_ptr(),
        }
    }

    #[test]
    fn a_converted_string_is_freed_as_pool() {
        let source = ansi(c"route");
        assert_eq!((source.length, source.maximum), (5, 6));
        let mut target = wide(&mut [], 0);
        // SAFETY: strings of this test.
        let status = unsafe { RtlAnsiStringToUnicodeString(&raw mut target, &raw const source, 1) };
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!((target.length, target.maximum), (10, 12));
        let mut back = Counted {
            length: 0,
            maximum: 0,
            buffer: ptr::null_mut(),
        };
        // SAFETY: as above.
        let status = unsafe { RtlUnicodeStringToAnsiString(&raw mut back, &raw const target, 1) };
        assert_eq!(status, NtStatus::SUCCESS);
        // SAFETY: converted above.
        assert_eq!(unsafe { back.characters() }, b"route");
        // SAFETY: as above.
        unsafe { RtlFreeAnsiString(&raw mut back) };
        // SAFETY: as above.
        unsafe { RtlFreeUnicodeString(&raw mut target) };
        assert!(target.buffer.is_null());
    }

    #[test]
    fn a_string_that_does_not_fit_is_refused() {
        let source = ansi(c"abc");
        let mut buffer = [0; 3];
        let mut target = wide(&mut buffer, 0);
        // SAFETY: strings of this test.
        let status = unsafe { RtlAnsiStringToUnicodeString(&raw mut target, &raw const source, 0) };
        assert_eq!(status, BUFFER_OVERFLOW);
    }

    #[test]
    fn appending_stops_at_the_end_of_the_buffer() {
        let mut buffer = [0x61, 0, 0, 0xFFFF];
        let mut target = wide(&mut buffer, 2);
        let text = [0x62, 0x63, 0];
        // SAFETY: strings of this test.
        let append =
            |target: &mut Counted<u16>| unsafe { RtlAppendUnicodeToString(target, text.as_ptr()) };
        assert_eq!(append(&mut target), NtStatus::SUCCESS);
        assert_eq!(append(&mut target), NtStatus::BUFFER_TOO_SMALL);
        assert_eq!(target.length, 6);
        assert_eq!(buffer, [0x61, 0x62, 0x63, 0]);
    }

    #[test]
    fn the_size_in_the_other_form_counts_a_terminator() {
        let (mut bytes, mut units) = ([7_u8; 3], [7_u16; 3]);
        let (bytes, units) = (Counted::of(&mut bytes), Counted::of(&mut units));
        // SAFETY: a string of this test.
        assert_eq!(unsafe { RtlxAnsiStringToUnicodeSize(&raw const bytes) }, 8);
        // SAFETY: as above.
        assert_eq!(unsafe { RtlxUnicodeStringToAnsiSize(&raw const units) }, 4);
    }
}
