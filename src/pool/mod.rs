//! Kernel pool. Every block that the driver allocates has the driver's tag, so that pool monitors
//! and memory dumps name its owner.
//!
//! Memory that grows with the number of routes is in paged pool: it is accessed at `PASSIVE_LEVEL`
//! only. What is accessed under a spin lock, what the kernel keeps, and what the network stack is
//! given are in nonpaged pool.

mod non_paged;
mod non_paged_pool;
mod paged_pool;

use core::ptr::NonNull;

use wdk_sys::ntddk::{ExAllocatePool2, ExFreePoolWithTag, KeGetCurrentIrql};
use wdk_sys::{
    APC_LEVEL, DISPATCH_LEVEL, POOL_FLAG_NON_PAGED, POOL_FLAG_PAGED, POOL_FLAGS, SIZE_T,
};

pub(crate) use non_paged::NonPaged;
pub(crate) use non_paged_pool::NonPagedPool;
pub(crate) use paged_pool::PagedPool;

/// The tag of all pool that this driver allocates, and that the framework allocates for it: `IpFw` in
/// a memory dump.
pub(crate) const TAG: u32 = u32::from_le_bytes(*b"IpFw");

/// The alignment of pool memory on a 64-bit system (`MEMORY_ALLOCATION_ALIGNMENT`).
const POOL_ALIGNMENT: usize = 16;

/// The two kinds of pool.
#[derive(Clone, Copy)]
enum PoolKind {
    Paged,
    NonPaged,
}

impl PoolKind {
    const fn flag(self) -> POOL_FLAGS {
        match self {
            Self::Paged => POOL_FLAG_PAGED,
            Self::NonPaged => POOL_FLAG_NON_PAGED,
        }
    }

    /// The highest IRQL at which such memory may be allocated and freed.
    const fn highest_level(self) -> u32 {
        match self {
            Self::Paged => APC_LEVEL,
            Self::NonPaged => DISPATCH_LEVEL,
        }
    }

    /// Whether such memory may be allocated and freed at the IRQL of this thread.
    fn is_allowed_here(self) -> bool {
        // SAFETY: `KeGetCurrentIrql` may be called at every IRQL and takes no arguments.
        u32::from(unsafe { KeGetCurrentIrql() }) <= self.highest_level()
    }
}

/// `ExAllocatePool2`: memory of `size` bytes, which are zero. `None` if `size` is 0, the IRQL is too
/// high, or there is no pool left. The block has the alignment [`POOL_ALIGNMENT`].
fn allocate(kind: PoolKind, size: usize) -> Option<NonNull<u8>> {
    if size == 0 || !kind.is_allowed_here() {
        return None;
    }
    // SAFETY: size and tag are not zero, the flag is one kind of pool, and the IRQL allows it.
    let memory = unsafe { ExAllocatePool2(kind.flag(), size as SIZE_T, TAG) };
    NonNull::new(memory.cast())
}

/// Frees a block. At an IRQL that does not allow it, the block leaks instead.
///
/// # Safety
///
/// The block came from [`allocate`] with this kind, and is not used any more.
unsafe fn free(kind: PoolKind, block: NonNull<u8>) {
    if !kind.is_allowed_here() {
        return;
    }
    // SAFETY: the block came from `ExAllocatePool2` with this tag and is freed once (the caller's
    // promise).
    unsafe { ExFreePoolWithTag(block.as_ptr().cast(), TAG) }
}
