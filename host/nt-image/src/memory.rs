//! The pages of an image.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use crate::LoadError;

/// Size of a page, in bytes.
pub(crate) const PAGE_SIZE: usize = 4096;

/// Zeroed pages that are being filled.
#[derive(Debug)]
pub(crate) struct Filling(Memory);

/// Pages of which some may be executable. They stay until the value is dropped.
#[derive(Debug)]
pub(crate) struct Memory {
    start: NonNull<c_void>,
    length: NonZeroUsize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for Memory {}
// SAFETY: it is not written through this value any more.
unsafe impl Sync for Memory {}

impl Filling {
    /// Takes at least `size` bytes.
    pub(crate) fn new(size: usize) -> Result<Self, LoadError> {
        let length =
            NonZeroUsize::new(size.next_multiple_of(PAGE_SIZE)).ok_or(LoadError::NoEntry)?;
        let writable = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new private mapping, at a place of the system's choice.
        let start = unsafe { mmap_anonymous(None, length, writable, MapFlags::MAP_PRIVATE) }?;
        start.as_ptr().expose_provenance();
        Ok(Self(Memory { start, length }))
    }

    /// The address of the first byte.
    pub(crate) fn base(&self) -> usize {
        self.0.base()
    }

    /// All bytes.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        let Memory { start, length } = self.0;
        // SAFETY: the whole of a mapping that is readable, writable, and known to this value only.
        unsafe { std::slice::from_raw_parts_mut(start.cast().as_ptr(), length.get()) }
    }

    /// Protects the pages of each range as it says, all others as read-only, and ends the filling.
    pub(crate) fn seal(self, ranges: &[(Range<usize>, ProtFlags)]) -> Result<Memory, LoadError> {
        let memory = self.0;
        memory.protect(0..memory.length.get(), ProtFlags::PROT_READ)?;
        for (range, protection) in ranges {
            memory.protect(range.clone(), *protection)?;
        }
        Ok(memory)
    }
}

impl Memory {
    /// The address of the first byte.
    pub(crate) fn base(&self) -> usize {
        self.start.addr().get()
    }

    /// Size in bytes, whole pages.
    pub(crate) fn size(&self) -> usize {
        self.length.get()
    }

    fn protect(&self, range: Range<usize>, protection: ProtFlags) -> Result<(), LoadError> {
        debug_assert!(range.end <= self.length.get(), "checked with the layout");
        // SAFETY: the range begins within the mapping.
        let first = unsafe { self.start.byte_add(range.start) };
        // SAFETY: it ends within it too, and no reference to its bytes is left: filling has ended.
        unsafe { mprotect(first, range.len(), protection) }?;
        Ok(())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the whole of a mapping of ours; the owner drops it once its code runs no more.
        let unmapped = unsafe { munmap(self.start, self.length.get()) };
        debug_assert!(unmapped.is_ok());
    }
}
