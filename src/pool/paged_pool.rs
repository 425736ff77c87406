//! The allocator of the `alloc` crate.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};

use super::{POOL_ALIGNMENT, PoolKind};

/// Paged pool under the driver's tag, for the lease table and for batches. May be used up to
/// `APC_LEVEL`; above, there is no memory.
///
/// `wdk_alloc::WdkAllocator` has a fixed tag, which the driver would share with every other driver in
/// Rust, takes all memory from nonpaged pool, and ignores the alignment.
pub(crate) struct PagedPool;

// SAFETY: a block is as large as its layout and aligned for it, belongs to the caller until it is
// freed, and neither function unwinds.
unsafe impl GlobalAlloc for PagedPool {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > POOL_ALIGNMENT {
            return null_mut();
        }
        super::allocate(PoolKind::Paged, layout.size()).map_or(null_mut(), NonNull::as_ptr)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by contract; the pool's memory is zero.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: by contract the block came from `alloc` and is not used any more.
            unsafe { super::free(PoolKind::Paged, block) };
        }
    }
}
