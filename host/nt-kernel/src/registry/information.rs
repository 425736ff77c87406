//! Information of variable length, as functions of the registry write it into a caller's buffer.

use nt_types::NtStatus;

/// `STATUS_BUFFER_OVERFLOW`: the fixed part fits, and some of the rest.
const BUFFER_OVERFLOW: NtStatus = NtStatus::new(0x8000_0005);
/// `STATUS_NO_MORE_ENTRIES`.
pub(super) const NO_MORE_ENTRIES: NtStatus = NtStatus::new(0x8000_001A);

/// A caller's buffer, and its variable for the length of all of the information.
#[derive(Clone, Copy)]
pub(super) struct InformationBuffer {
    pub(super) buffer: *mut u8,
    pub(super) length: u32,
    pub(super) needed: *mut u32,
}

/// Information that is made up of numbers and texts.
#[derive(Default)]
pub(super) struct KeyInformation {
    bytes: Vec<u8>,
    /// Bytes that have to fit.
    fixed: usize,
}

impl KeyInformation {
    /// Adds a number to the fixed part.
    pub(super) fn number(mut self, number: usize) -> Self {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.bytes.extend(number.to_le_bytes());
        self.fixed = self.bytes.len();
        self
    }

    /// Adds bytes to the part that may be cut.
    pub(super) fn rest(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// Adds zeros up to this length.
    pub(super) fn pad_to(mut self, length: usize) -> Self {
        self.bytes.resize(length.max(self.bytes.len()), 0);
        self
    }

    /// Writes as much as fits, but no less than the fixed part.
    ///
    /// # Safety
    ///
    /// The output is the caller's buffer and variable.
    pub(super) unsafe fn write(&self, output: InformationBuffer) -> NtStatus {
        let needed = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        // SAFETY: by contract null or the caller's variable.
        if let Some(variable) = unsafe { output.needed.as_mut() } {
            *variable = needed;
        }
        let room = output.length as usize;
        if room < self.fixed {
            return NtStatus::BUFFER_TOO_SMALL;
        }
        let count = room.min(self.bytes.len());
        // SAFETY: by contract the buffer has so many bytes.
        unsafe { output.buffer.copy_from(self.bytes.as_ptr(), count) };
        if count < self.bytes.len() {
            BUFFER_OVERFLOW
        } else {
            NtStatus::SUCCESS
        }
    }
}

/// Text as the registry's information has it: UTF-16 without a NUL.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
