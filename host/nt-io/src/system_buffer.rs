//! Buffers of requests: nonpaged memory for input and output. The system buffer is for both.

use std::ops::Range;
use std::ptr::NonNull;

use nt_kernel::{poison, pool, verification};
use nt_types::NtStatus;

/// The pool tag of system buffers: `IoSB`.
const TAG: u32 = u32::from_le_bytes(*b"IoSB");

/// A system buffer; freed with this value.
#[derive(Debug)]
pub(crate) struct SystemBuffer {
    start: NonNull<u8>,
    length: usize,
    tag: u32,
}

// SAFETY: the memory belongs to the request that owns this value: the I/O manager alone uses it
// before and after the driver owns the request, the driver alone in between.
unsafe impl Send for SystemBuffer {}
// SAFETY: as above.
unsafe impl Sync for SystemBuffer {}

impl SystemBuffer {
    /// A buffer of `length` bytes that begins with `bytes`.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn with(length: usize, bytes: &[u8]) -> Result<Self, NtStatus> {
        Self::tagged(TAG, length, bytes)
    }

    /// The same, of another owner.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn tagged(tag: u32, length: usize, bytes: &[u8]) -> Result<Self, NtStatus> {
        let start = pool::allocate(true, length, tag).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let buffer = Self { start, length, tag };
        buffer.write(bytes);
        if verification::is_on() {
            buffer.poison_from(bytes.len());
        }
        Ok(buffer)
    }

    /// Fills the buffer from `first` on with what the driver must not return.
    fn poison_from(&self, first: usize) {
        // SAFETY: pool memory of this length has some content everywhere, and the driver has not seen
        // the buffer yet.
        let all = unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) };
        let mut place = first;
        while place < self.length {
            let phase = place % poison::PERIOD;
            let count = (poison::PERIOD - phase).min(self.length - place);
            let poison = &poison::pattern()[phase..phase + count];
            all[place..place + count].copy_from_slice(poison);
            place += count;
        }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.start.addr().get()
    }

    /// Copies `bytes` to its beginning.
    fn write(&self, bytes: &[u8]) {
        let length = bytes.len().min(self.length);
        // SAFETY: at most as many bytes as there are on either side; the driver has not seen the
        // buffer yet.
        unsafe {
            self.start
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), length);
        };
    }

    /// Its first `length` bytes, or as many as there are.
    pub(crate) fn read(&self, length: usize) -> Vec<u8> {
        let length = length.min(self.length);
        // SAFETY: that many bytes were allocated and initialised; the driver is done with them.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), length) }.to_vec()
    }
}

impl Drop for SystemBuffer {
    fn drop(&mut self) {
        pool::free(self.address(), Some(self.tag));
    }
}

/// Where in `bytes`, the output from its byte `start` on, is something that the driver never wrote: a
/// run of what lay there before. A shorter run can be an answer: a run of the machine with the other fill
/// distinguishes them.
pub(crate) fn unwritten(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    const RUN: usize = 4;
    let mut run = start..start;
    let pattern = poison::pattern().iter().cycle();
    let poison = pattern.skip(start % poison::PERIOD);
    for ((place, byte), poison) in (start..).zip(bytes).zip(poison) {
        if byte == poison {
            run.end = place + 1;
        } else if run.len() >= RUN {
            break;
        } else {
            run = place + 1..place + 1;
        }
    }
    (run.len() >= RUN).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_written_is_found_wherever_it_begins() {
        let buffer = SystemBuffer::with(64, &[0; 20]).unwrap();
        let bytes = buffer.read(64);
        assert_eq!(unwritten(&bytes[20..], 20), Some(20..64));
        assert_eq!(unwritten(&bytes[20..23], 20), None);
        assert_eq!(unwritten(&bytes[..24], 0), Some(20..24));
        assert_eq!(unwritten(&[0; 64], 0), None);
        assert_eq!(unwritten(&[0xFF; 64], 0), None);
    }
}
