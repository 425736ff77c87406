//! Blocks of a host that does not verify the driver: the heap's, with nothing around them.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr::NonNull;

use nix::libc;
use parking_lot::Mutex;

use super::{ALIGNMENT, PAGE_SIZE};

/// Small blocks that were freed last. Their memory is not used again at once: an IRP that is looked for
/// by the address of an old one would be found.
static FREED: Mutex<VecDeque<usize>> = Mutex::new(VecDeque::new());
/// How many they are.
const FREED_MAX: usize = 1_024;

/// Blocks up to this size stay with the process when they are freed: the buffers of a full batch of a
/// driver are below it.
#[cfg(target_env = "gnu")]
const KEPT_BLOCK_MAX: libc::c_int = 4 << 20;
/// So much freed memory stays with the process.
#[cfg(target_env = "gnu")]
const KEPT_MAX: libc::c_int = 64 << 20;

/// From now on the heap keeps memory that is freed. Without this each large buffer of a request would be
/// new memory, which Linux provides page by page: that costs more than to fill it. Called before there are
/// threads.
pub fn keep_freed_memory() {
    // A libc that has no such options decides by itself.
    #[cfg(target_env = "gnu")]
    for (option, size) in [
        (libc::M_MMAP_THRESHOLD, KEPT_BLOCK_MAX),
        (libc::M_TRIM_THRESHOLD, KEPT_MAX),
    ] {
        // SAFETY: glibc checks option and value, and locks the heap while it changes them.
        unsafe { libc::mallopt(option, size) };
    }
}

/// Allocates `size` bytes, zeroed; `None` without memory.
pub(super) fn allocate(size: usize) -> Option<NonNull<u8>> {
    // The heap aligns to 16 bytes by itself.
    const { assert!(ALIGNMENT <= 16) };
    if size < PAGE_SIZE {
        // SAFETY: any size is allowed.
        return NonNull::new(unsafe { libc::calloc(1, size) }.cast());
    }
    let mut block: *mut c_void = std::ptr::null_mut();
    // SAFETY: a variable of this function, and an alignment that is a power of two.
    if unsafe { libc::posix_memalign(&raw mut block, PAGE_SIZE, size) } != 0 {
        return None;
    }
    let block = NonNull::new(block)?.cast::<u8>();
    // SAFETY: the block was just allocated with this size.
    unsafe { block.write_bytes(0, size) };
    Some(block)
}

/// Frees the block at `address`, which [`allocate`] has allocated.
pub(super) fn free(address: usize) {
    let block = std::ptr::with_exposed_provenance_mut::<c_void>(address);
    // SAFETY: a block of the heap, by the contract of this function.
    if unsafe { libc::malloc_usable_size(block) } >= PAGE_SIZE {
        return give_back(address);
    }
    let mut freed = FREED.lock();
    freed.push_back(address);
    let oldest = (freed.len() > FREED_MAX).then(|| freed.pop_front());
    drop(freed);
    if let Some(oldest) = oldest.flatten() {
        give_back(oldest);
    }
}

fn give_back(address: usize) {
    let block = std::ptr::with_exposed_provenance_mut::<c_void>(address);
    // SAFETY: the driver frees a block of the pool once, which only a verified host checks.
    unsafe { libc::free(block) };
}
