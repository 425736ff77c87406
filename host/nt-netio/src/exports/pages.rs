//! Memory on pages of its own, which the host can make inaccessible to a driver that keeps a
//! pointer.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};

pub(super) const PAGE: usize = 4_096;

/// What open pages allow.
pub(super) const ACCESSIBLE: ProtFlags = ProtFlags::PROT_READ.union(ProtFlags::PROT_WRITE);

/// A block that ends where a page ends, with a guard page behind it.
///
/// # Invariants
///
/// The mapping is ours; `size` bytes from `block` on lie in it, in front of the forbidden page.
pub(super) struct Pages {
    start: NonNull<c_void>,
    inner: NonZeroUsize,
    block: NonNull<u8>,
    size: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for Pages {}

impl Pages {
    /// Maps a block of `size` bytes, aligned to 8 if `size` is a multiple of 8; zeroed, and open
    /// to reading and writing.
    pub(super) fn map(size: usize) -> Option<Self> {
        let inner = NonZeroUsize::new(size.max(1).checked_next_multiple_of(PAGE)?)?;
        let whole = inner.checked_add(PAGE)?;
        // SAFETY: a new private mapping, at a place of the system's choice.
        let start =
            unsafe { mmap_anonymous(None, whole, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) }
                .ok()?;
        // SAFETY: the block ends with the inner pages, which are no shorter than it.
        let block = unsafe { start.cast::<u8>().byte_add(inner.get() - size) };
        let pages = Self {
            start,
            inner,
            block,
            size,
        };
        pages.protect(0..pages.count(), ACCESSIBLE).then_some(pages)
    }

    /// Where the block is.
    pub(super) fn address(&self) -> usize {
        self.block.as_ptr().expose_provenance()
    }

    /// True if an address is in the block's pages or in the inaccessible page behind them.
    pub(super) fn reaches(&self, address: usize) -> bool {
        let start = self.start.addr().get();
        (start..start + self.inner.get() + PAGE).contains(&address)
    }

    /// Copies `bytes` into the block from `offset` on.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.size, "the bytes fit the block");
        // SAFETY: the offset lies in the block, by the assertion.
        let target = unsafe { self.block.byte_add(offset) };
        // SAFETY: the bytes fit behind it, by the assertion, and no Rust reference leads there.
        unsafe { target.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// Makes some of the pages, counted from 0, readable and writable; false if the system refuses.
    pub(super) fn open(&self, pages: Range<usize>) -> bool {
        self.protect(pages, ACCESSIBLE)
    }

    /// Forbids every access to some of the pages, and keeps their contents.
    pub(super) fn forbid(&self, pages: Range<usize>) {
        let forbidden = self.protect(pages, ProtFlags::PROT_NONE);
        debug_assert!(forbidden);
    }

    /// Forbids every access and frees the memory, but keeps the addresses reserved.
    pub(super) fn close(&self) {
        // SAFETY: the inner pages of a mapping of ours, whose contents are given up.
        let dropped = unsafe { madvise(self.start, self.inner.get(), MmapAdvise::MADV_DONTNEED) };
        debug_assert!(dropped.is_ok());
        self.forbid(0..self.count());
    }

    /// The number of pages, without the guard page.
    const fn count(&self) -> usize {
        self.inner.get() / PAGE
    }

    fn protect(&self, pages: Range<usize>, protection: ProtFlags) -> bool {
        assert!(pages.end <= self.count(), "there are so many pages");
        // SAFETY: the first of these pages lies in the mapping, by the assertion, or behind the last.
        let first = unsafe { self.start.byte_add(pages.start * PAGE) };
        // SAFETY: inner pages of a mapping of ours, to which no Rust reference leads.
        unsafe { mprotect(first, pages.len() * PAGE, protection) }.is_ok()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the whole of a mapping of ours, which is no longer used.
        let unmapped = unsafe { munmap(self.start, self.inner.get() + PAGE) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_at_the_end_of_a_page_and_holds_what_is_written() {
        let mut pages = Pages::map(112).unwrap();
        pages.write(104, &[1, 2, 3, 4, 5, 6, 7, 8]);
        let end = pages.address() + 112;
        assert_eq!(end % PAGE, 0);
        let last: *const u8 = std::ptr::with_exposed_provenance(end - 1);
        // SAFETY: the last byte of the block.
        assert_eq!(unsafe { last.read() }, 8);
    }

    #[test]
    #[should_panic(expected = "fit the block")]
    fn nothing_is_written_behind_the_block() {
        Pages::map(8).unwrap().write(4, &[0; 8]);
    }
}
