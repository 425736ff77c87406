//! Kernel pool. Every block that the driver allocates has the driver's tag, so that pool monitors
//! and memory dumps name its owner.

mod allocator;
mod non_paged;

use core::ptr::NonNull;

use wdk_sys::ntddk::{ExAllocatePool2, ExFreePoolWithTag};
use wdk_sys::{POOL_FLAG_NON_PAGED, SIZE_T};

pub(crate) use allocator::PoolAllocator;
pub(crate) use non_paged::NonPaged;

/// The tag of all pool that this driver allocates: `IpFw` in a memory dump.
const TAG: u32 = u32::from_le_bytes(*b"IpFw");

/// The alignment of pool memory on a 64-bit system (`MEMORY_ALLOCATION_ALIGNMENT`).
const POOL_ALIGNMENT: usize = 16;

/// `ExAllocatePool2`: nonpaged memory of `size` bytes, which are zero. `None` if `size` is 0 or
/// there is no pool left. The block has the alignment [`POOL_ALIGNMENT`]. May be called up to
/// `DISPATCH_LEVEL`.
fn allocate(size: usize) -> Option<NonNull<u8>> {
    if size == 0 {
        return None;
    }
    // SAFETY: size and tag are not zero. The level is `DISPATCH_LEVEL` at most: the framework and
    // the stack call the driver at no higher one, and the driver raises it to no higher one.
    let memory = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, size as SIZE_T, TAG) };
    NonNull::new(memory.cast())
}

/// Frees a block. May be called up to `DISPATCH_LEVEL`.
///
/// # Safety
///
/// The block came from [`allocate`], and is not used any more.
unsafe fn free(block: NonNull<u8>) {
    // SAFETY: the block came from `ExAllocatePool2` with this tag and is freed once (the caller's
    // promise).
    unsafe { ExFreePoolWithTag(block.as_ptr().cast(), TAG) }
}
