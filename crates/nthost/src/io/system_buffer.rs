//! The system buffer: one piece of nonpaged memory for a request's input and output.

use std::ptr::NonNull;

use crate::kernel::pool;

/// The pool tag of system buffers: `IoSB`.
const TAG: u32 = u32::from_le_bytes(*b"IoSB");
/// What lies behind the input until the driver has written it.
const POISON: u8 = 0xBD;

/// A system buffer; freed with this value.
#[derive(Debug)]
pub(crate) struct SystemBuffer {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the request that owns this value; who reads and writes it, and
// when, is between the I/O manager (before and after) and the driver (in between).
unsafe impl Send for SystemBuffer {}
// SAFETY: as above.
unsafe impl Sync for SystemBuffer {}

impl SystemBuffer {
    /// A buffer of `length` bytes, all poison; `None` without memory.
    pub(super) fn new(length: usize) -> Option<Self> {
        let start = pool::allocate(true, length, TAG)?;
        // SAFETY: just allocated with this length.
        unsafe { start.write_bytes(POISON, length) };
        Some(Self { start, length })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.start.addr().get()
    }

    /// Copies `bytes` to its beginning.
    pub(super) fn write(&self, bytes: &[u8]) {
        let length = bytes.len().min(self.length);
        // SAFETY: at most as many bytes as there are on either side; the driver has not seen the
        // buffer yet.
        unsafe {
            self.start
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), length);
        };
    }

    /// Its first `length` bytes, or as many as there are.
    pub(super) fn read(&self, length: usize) -> Vec<u8> {
        let length = length.min(self.length);
        // SAFETY: that many bytes were allocated and initialised; the driver is done with them.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), length) }.to_vec()
    }
}

impl Drop for SystemBuffer {
    fn drop(&mut self) {
        pool::free(self.address(), Some(TAG));
    }
}

/// Whether `bytes`, which were to be the driver's answer, are a run of poison: memory that it never
/// wrote. A short run can be an answer.
pub(super) fn is_unwritten(bytes: &[u8]) -> bool {
    const RUN: usize = 16;
    let mut run = 0;
    bytes.iter().any(|byte| {
        run = if *byte == POISON { run + 1 } else { 0 };
        run >= RUN
    })
}
