//! The allocator of what is accessed under a spin lock.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

use super::{POOL_ALIGNMENT, PoolKind};

/// Nonpaged pool under the driver's tag, for the event log. May be used up to `DISPATCH_LEVEL`.
pub(crate) struct NonPagedPool;

// SAFETY: a block is as large as its layout and aligned for it, and belongs to the caller until it is
// freed. Blocks belong to the pool, not to the value, which has no state.
unsafe impl Allocator for NonPagedPool {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.align() > POOL_ALIGNMENT {
            return Err(AllocError);
        }
        let block = super::allocate(PoolKind::NonPaged, layout.size()).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(block, layout.size()))
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        // The pool's memory is zero.
        self.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, _layout: Layout) {
        // SAFETY: by contract the block came from `allocate` and is not used any more.
        unsafe { super::free(PoolKind::NonPaged, block) };
    }
}
