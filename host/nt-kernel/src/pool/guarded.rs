//! Blocks on pages of their own, between two guard pages.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use parking_lot::Mutex;

use super::{ALIGNMENT, PAGE_SIZE, PoolBlock};

/// What fills the rest of a block's page.
const FILLER: u8 = 0xFD;

/// A mapping: a forbidden page, the block's pages, a forbidden page.
#[derive(Debug)]
pub(super) struct Pages {
    start: NonNull<c_void>,
    length: NonZeroUsize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for Pages {}

/// Pages for one block of at most a page, whose quarantine has ended. Only `used` is not filled.
struct Spare {
    pages: Pages,
    used: Range<usize>,
}

/// Mappings that are used again: mapping and unmapping costs more than the rest of a block's life.
static SPARE: Mutex<Vec<Spare>> = Mutex::new(Vec::new());
/// How many mappings are kept for that.
const SPARE_MAX: usize = 1_024;

/// Takes pages for a block of `size` bytes, zeroed.
pub(super) fn take(size: usize) -> Option<(NonNull<u8>, Pages)> {
    if size <= PAGE_SIZE
        && let Some(spare) = SPARE.lock().pop()
        && let Some(taken) = reuse(spare, size)
    {
        return Some(taken);
    }
    map(size)
}

/// Ends the quarantine of a block: its pages are used again, or unmapped.
pub(super) fn release(pages: Pages, block: &PoolBlock) {
    if block.size <= PAGE_SIZE {
        let start = block.address % PAGE_SIZE;
        let mut spare = SPARE.lock();
        if spare.len() < SPARE_MAX {
            let used = start..start + block.size;
            spare.push(Spare { pages, used });
            return;
        }
    }
    pages.unmap();
}

/// The block of `size` bytes, at most a page, in pages that have had another one.
fn reuse(spare: Spare, size: usize) -> Option<(NonNull<u8>, Pages)> {
    let Spare { pages, used } = spare;
    // SAFETY: one page into a mapping of three.
    let first = unsafe { pages.start.byte_add(PAGE_SIZE) };
    // SAFETY: the inner page of a mapping of ours, which no block has.
    if unsafe { mprotect(first, PAGE_SIZE, accessible()) }.is_err() {
        pages.unmap();
        return None;
    }
    let page = first.cast::<u8>();
    let offset = offset_of(size);
    // SAFETY: the range of a former block lies within the page.
    let former = unsafe { page.add(used.start) };
    // SAFETY: as above.
    unsafe { former.write_bytes(FILLER, used.len()) };
    // SAFETY: the block lies within the page.
    let address = unsafe { page.add(offset) };
    // SAFETY: as above.
    unsafe { address.write_bytes(0, size) };
    Some((address, pages))
}

/// Where a block of `size` bytes begins in its first page.
fn offset_of(size: usize) -> usize {
    if size >= PAGE_SIZE {
        0
    } else {
        PAGE_SIZE - size.next_multiple_of(ALIGNMENT)
    }
}

/// Maps a block of `size` bytes, zeroed.
fn map(size: usize) -> Option<(NonNull<u8>, Pages)> {
    let inner = size.checked_next_multiple_of(PAGE_SIZE)?;
    let length = NonZeroUsize::new(inner.checked_add(2 * PAGE_SIZE)?)?;
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE;
    // SAFETY: a new private mapping, at a place of the system's choice.
    let start = unsafe { mmap_anonymous(None, length, ProtFlags::PROT_NONE, flags) }.ok()?;
    let pages = Pages { start, length };
    // SAFETY: one page into a mapping of at least three.
    let first = unsafe { start.byte_add(PAGE_SIZE) };
    first.as_ptr().expose_provenance();
    // SAFETY: the inner pages of the mapping made above.
    if unsafe { mprotect(first, inner, accessible()) }.is_err() {
        pages.unmap();
        return None;
    }
    keep_apart(first, inner);
    let offset = offset_of(size);
    // SAFETY: the offset lies within the first inner page.
    let address = unsafe { first.byte_add(offset) }.cast::<u8>();
    let slack = inner - offset - size;
    // SAFETY: `size` bytes from the block's start the slack begins, within the inner pages.
    let slack_start = unsafe { address.add(size) };
    // SAFETY: the slack ends where the inner pages end.
    unsafe { slack_start.write_bytes(FILLER, slack) };
    // SAFETY: the block begins `offset` bytes into the inner pages.
    unsafe { first.cast::<u8>().write_bytes(FILLER, offset) };
    Some((address, pages))
}

/// Has Linux keep pages apart from the forbidden ones around them, also while they are forbidden. To
/// split pages off first, and to merge them again, makes the change of their protection take twice as
/// long.
fn keep_apart(first: NonNull<c_void>, length: usize) {
    // Where it fails the pages are as good, and slower.
    // SAFETY: inner pages of a mapping of ours; it is a copy of the process that would not have them.
    let _ = unsafe { madvise(first, length, MmapAdvise::MADV_DONTFORK) };
}

/// The pages that a block has for itself.
pub(super) fn pages_of(block: &PoolBlock) -> Range<usize> {
    let start = block.address - block.address % PAGE_SIZE;
    start..(block.address + block.size).next_multiple_of(PAGE_SIZE)
}

/// What is allowed with them.
pub(super) fn accessible() -> ProtFlags {
    ProtFlags::PROT_READ | ProtFlags::PROT_WRITE
}

/// The offset of the first byte behind the block, within its pages, that has been written.
pub(super) fn overrun(block: &PoolBlock) -> Option<usize> {
    let end = block.address + block.size;
    let slack = end.next_multiple_of(PAGE_SIZE) - end;
    let start = std::ptr::with_exposed_provenance::<u8>(end);
    // SAFETY: the slack of a block that is still mapped.
    let bytes = unsafe { std::slice::from_raw_parts(start, slack) };
    let written = written(bytes)?.start;
    Some(block.size + written)
}

/// How far before the block, within its page, the nearest byte is that has been written.
pub(super) fn underrun(block: &PoolBlock) -> Option<usize> {
    let margin = block.address % PAGE_SIZE;
    let start = std::ptr::with_exposed_provenance::<u8>(block.address - margin);
    // SAFETY: the beginning of the page of a block that is still mapped.
    let bytes = unsafe { std::slice::from_raw_parts(start, margin) };
    let last = written(bytes)?.end - 1;
    Some(margin - last)
}

/// From the first to behind the last of these bytes, less than a page, that are no filler any more.
fn written(bytes: &[u8]) -> Option<Range<usize>> {
    const UNTOUCHED: [u8; PAGE_SIZE] = [FILLER; PAGE_SIZE];
    // All at once: it is looked at whenever a block is freed.
    if UNTOUCHED.starts_with(bytes) {
        return None;
    }
    let is_written = |byte: &u8| *byte != FILLER;
    let first = bytes.iter().position(is_written)?;
    let last = bytes.iter().rposition(is_written)?;
    Some(first..last + 1)
}

impl Pages {
    /// Forbids every access. Several pages give their memory back; a single one keeps it for the next
    /// block.
    pub(super) fn forbid(&self) {
        let length = self.length.get() - 2 * PAGE_SIZE;
        // SAFETY: one page into a mapping of at least three.
        let first = unsafe { self.start.byte_add(PAGE_SIZE) };
        if length > PAGE_SIZE {
            // SAFETY: the inner pages of a mapping of ours, whose contents are no longer needed.
            let dropped = unsafe { madvise(first, length, MmapAdvise::MADV_DONTNEED) };
            debug_assert!(dropped.is_ok());
        }
        // SAFETY: the inner pages of a mapping of ours; the others are forbidden already.
        let forbidden = unsafe { mprotect(first, length, ProtFlags::PROT_NONE) };
        debug_assert!(forbidden.is_ok());
    }

    /// Ends the mapping.
    pub(super) fn unmap(self) {
        // SAFETY: the whole of a mapping of ours, given up with `self`.
        let unmapped = unsafe { munmap(self.start, self.length.get()) };
        debug_assert!(unmapped.is_ok());
    }
}
