//! Accesses that the compiler does not see through.

use core::hint::black_box;

use wdk_sys::ntddk::ExAllocatePool2;
use wdk_sys::{POOL_FLAG_NON_PAGED, POOL_FLAG_PAGED, POOL_FLAG_UNINITIALIZED, PVOID, ULONG};

/// The pool tag of everything here.
pub(crate) const TAG: ULONG = u32::from_le_bytes(*b"Flty");

/// Nonpaged memory.
pub(crate) unsafe fn block(size: usize) -> PVOID {
    ExAllocatePool2(POOL_FLAG_NON_PAGED, size as u64, TAG)
}

/// Nonpaged memory with what was in it before.
pub(crate) unsafe fn uninitialised_block(size: usize) -> PVOID {
    let flags = POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED;
    ExAllocatePool2(flags, size as u64, TAG)
}

/// Paged memory.
pub(crate) unsafe fn paged_block(size: usize) -> PVOID {
    ExAllocatePool2(POOL_FLAG_PAGED, size as u64, TAG)
}

/// Reads the byte at `offset` from `base`.
pub(crate) unsafe fn read(base: PVOID, offset: isize) -> u8 {
    black_box(base).cast::<u8>().offset(offset).read_volatile()
}

/// Writes the byte at `offset` from `base`.
pub(crate) unsafe fn write(base: PVOID, offset: isize) {
    black_box(base)
        .cast::<u8>()
        .offset(offset)
        .write_volatile(0x5A);
}
