//! Blocks from the heap, with a margin behind them that is looked at when they are freed.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::{ALIGNMENT, BAD_POOL_CALLER, FREED_TWICE, PAGE_SIZE, PoolBlock, Stacks, to_u64};

/// Bytes of the margin.
const MARGIN: usize = 16;
/// What fills the margin.
const FILLER: u8 = 0xFD;
/// What fills a freed block.
const FREED: u8 = 0xDD;

/// The heap's memory under a block.
#[derive(Debug)]
pub(super) struct Margin {
    layout: Layout,
}

/// Takes a block of `size` bytes, zeroed.
pub(super) fn take(size: usize) -> Option<(NonNull<u8>, Margin)> {
    let alignment = if size >= PAGE_SIZE {
        PAGE_SIZE
    } else {
        ALIGNMENT
    };
    let layout = Layout::from_size_align(size.checked_add(MARGIN)?, alignment).ok()?;
    // SAFETY: the layout has at least the margin's size.
    let address = NonNull::new(unsafe { alloc_zeroed(layout) })?;
    // SAFETY: the margin follows the block within the same allocation.
    let margin = unsafe { address.add(size) };
    // SAFETY: the allocation has `MARGIN` bytes there.
    unsafe { margin.write_bytes(FILLER, MARGIN) };
    address.expose_provenance();
    Some((address, Margin { layout }))
}

/// The offset of the first byte of the margin that has been written.
pub(super) fn overrun(block: &PoolBlock) -> Option<usize> {
    let written = first_other(block.address + block.size, MARGIN, FILLER)?;
    Some(block.size + written)
}

/// Fills a freed block with a pattern.
pub(super) fn fill_freed(block: &PoolBlock) {
    let address = std::ptr::with_exposed_provenance_mut::<u8>(block.address);
    // SAFETY: a freed block, whose memory is still ours.
    unsafe { address.write_bytes(FREED, block.size) };
}

/// The offset of the first byte that was written after [`fill_freed`].
pub(super) fn written_after_free(block: &PoolBlock) -> Option<usize> {
    first_other(block.address, block.size, FREED)
}

pub(super) fn stop_used_after_free(block: &PoolBlock, offset: usize, stacks: &Stacks) -> ! {
    super::stop(
        BAD_POOL_CALLER,
        [FREED_TWICE, to_u64(block.address), to_u64(offset), 0],
        format!("{block}, was written after it was freed, at offset {offset}; {stacks}"),
    )
}

impl Margin {
    /// Gives the memory back to the heap.
    pub(super) fn give_back(self, block: &PoolBlock) {
        let address = std::ptr::with_exposed_provenance_mut::<u8>(block.address);
        // SAFETY: allocated with this layout, given up with `self`.
        unsafe { dealloc(address, self.layout) };
    }
}

fn first_other(address: usize, length: usize, expected: u8) -> Option<usize> {
    let address = std::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: callers name bytes of a block or of its margin, which are still ours.
    let bytes = unsafe { std::slice::from_raw_parts(address, length) };
    bytes.iter().position(|byte| *byte != expected)
}
