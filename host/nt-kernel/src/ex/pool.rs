//! The executive's pool.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ptr::{self, NonNull};

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::{exception, fault, poison, pool, warning};

/// The tag of memory that was taken without one.
const NO_TAG: u32 = u32::from_le_bytes(*b"None");

/// Bits of `POOL_FLAGS`.
mod flag {
    /// The memory keeps what was in it.
    pub(super) const UNINITIALIZED: u64 = 0x2;
    /// It starts a cache line.
    pub(super) const CACHE_ALIGNED: u64 = 0x8;
    /// Failure is an exception instead of null.
    pub(super) const RAISE_ON_FAILURE: u64 = 0x20;
    /// Nonpaged memory, not executable.
    pub(super) const NON_PAGED: u64 = 0x40;
    /// Nonpaged memory, executable.
    pub(super) const NON_PAGED_EXECUTE: u64 = 0x80;
    /// Paged memory.
    pub(super) const PAGED: u64 = 0x100;
    /// The three kinds, of which exactly one is due.
    pub(super) const KINDS: u64 = NON_PAGED | NON_PAGED_EXECUTE | PAGED;
    /// All flags whose absence would be an error: those of the low half.
    pub(super) const REQUIRED: u64 = 0xFFFF_FFFF;
    /// The flags that there are.
    pub(super) const KNOWN: u64 =
        0x1 | UNINITIALIZED | 0x4 | CACHE_ALIGNED | 0x10 | RAISE_ON_FAILURE | KINDS;
}

/// Size of a cache line, in bytes.
const CACHE_LINE: usize = 64;
/// The bit of a `POOL_TYPE` that says paged.
const TYPE_PAGED: u32 = 1;
/// The bit of a `POOL_TYPE` that asks for null instead of an exception.
const FAIL_INSTEAD_OF_RAISE: u32 = 8;

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExAllocatePool,
        ExAllocatePool2,
        ExAllocatePoolWithQuota,
        ExAllocatePoolWithQuotaTag,
        ExAllocatePoolWithTag,
        ExFreePool,
        ExFreePool2,
        ExFreePoolWithTag,
    ]
}

/// Up to `DISPATCH_LEVEL`, for paged memory up to `APC_LEVEL`. Zeroed unless the flags say
/// otherwise; null for flags that exclude each other.
extern "win64" fn ExAllocatePool2(flags: u64, size: usize, tag: u32) -> *mut u8 {
    const NAME: &str = "ExAllocatePool2";
    let kind = flags & flag::KINDS;
    let unknown = flags & flag::REQUIRED & !flag::KNOWN;
    if kind.count_ones() != 1 || unknown != 0 {
        warning(format!(
            "{NAME} gives null for the flags {flags:#x}: one of 0x40, 0x80, 0x100 is due"
        ));
        return ptr::null_mut();
    }
    if kind == flag::NON_PAGED_EXECUTE {
        warning("POOL_FLAG_NON_PAGED_EXECUTE: this host gives memory that is not executable");
    }
    let size = if flags & flag::CACHE_ALIGNED == 0 {
        size
    } else {
        size.next_multiple_of(CACHE_LINE)
    };
    let initialised = flags & flag::UNINITIALIZED == 0;
    let block = allocate(NAME, kind != flag::PAGED, size, tag, initialised);
    if block.is_null() && flags & flag::RAISE_ON_FAILURE != 0 {
        raise_no_memory(NAME);
    }
    block
}

/// As [`ExAllocatePool2`], not initialised.
pub(super) extern "win64" fn ExAllocatePoolWithTag(kind: u32, size: usize, tag: u32) -> *mut u8 {
    let nonpaged = kind & TYPE_PAGED == 0;
    allocate("ExAllocatePoolWithTag", nonpaged, size, tag, false)
}

/// As [`ExAllocatePoolWithTag`]; without memory it raises an exception, unless the type says otherwise.
/// The host charges no quota.
extern "win64" fn ExAllocatePoolWithQuotaTag(kind: u32, size: usize, tag: u32) -> *mut u8 {
    allocate_with_quota("ExAllocatePoolWithQuotaTag", kind, size, tag)
}

/// As [`ExAllocatePoolWithQuotaTag`], without a tag.
extern "win64" fn ExAllocatePoolWithQuota(kind: u32, size: usize) -> *mut u8 {
    allocate_with_quota("ExAllocatePoolWithQuota", kind, size, NO_TAG)
}

fn allocate_with_quota(function: &'static str, kind: u32, size: usize, tag: u32) -> *mut u8 {
    let block = allocate(function, kind & TYPE_PAGED == 0, size, tag, false);
    if block.is_null() && kind & FAIL_INSTEAD_OF_RAISE == 0 {
        raise_no_memory(function);
    }
    block
}

fn raise_no_memory(function: &'static str) -> ! {
    exception::raise(NtStatus::INSUFFICIENT_RESOURCES.bits(), &[], || {
        format!("{function} has no memory, and the driver does not handle the exception")
    })
}

/// As [`ExAllocatePoolWithTag`], without a tag.
extern "win64" fn ExAllocatePool(kind: u32, size: usize) -> *mut u8 {
    let nonpaged = kind & TYPE_PAGED == 0;
    allocate("ExAllocatePool", nonpaged, size, NO_TAG, false)
}

/// Up to `DISPATCH_LEVEL`, for paged memory up to `APC_LEVEL`.
pub(super) extern "win64" fn ExFreePool(address: usize) {
    pool::free(address, None);
}

/// As [`ExFreePool`]; a tag of 0 fits every block.
pub(super) extern "win64" fn ExFreePoolWithTag(address: usize, tag: u32) {
    pool::free(address, Some(tag).filter(|tag| *tag != 0));
}

/// As [`ExFreePoolWithTag`].
extern "win64" fn ExFreePool2(address: usize, tag: u32, _parameters: *const u8, _count: u32) {
    ExFreePoolWithTag(address, tag);
}

fn allocate(function: &str, nonpaged: bool, size: usize, tag: u32, initialised: bool) -> *mut u8 {
    if fault::inject(function) {
        return ptr::null_mut();
    }
    let block = pool::allocate(nonpaged, size, tag).map_or(ptr::null_mut(), NonNull::as_ptr);
    if !initialised && !block.is_null() {
        // SAFETY: the block has `size` bytes, and no other code has its address.
        unsafe { block.write_bytes(poison::byte(), size) };
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    const TAG: u32 = u32::from_le_bytes(*b"Test");

    fn first_byte(address: *const u8) -> u8 {
        // SAFETY: a block that the test holds.
        unsafe { address.read() }
    }

    #[test]
    fn memory_is_zeroed_unless_asked_otherwise() {
        for (flags, expected) in [(0x40, 0), (0x42, poison::byte()), (0x100, 0)] {
            let block = ExAllocatePool2(flags, 40, TAG);
            assert_eq!(first_byte(block), expected);
            ExFreePool2(block.addr(), TAG, ptr::null(), 0);
        }
        let block = ExAllocatePoolWithTag(512, 40, TAG);
        assert_eq!(first_byte(block), poison::byte());
        ExFreePoolWithTag(block.addr(), 0);
    }

    #[test]
    fn memory_with_quota_fails_as_its_type_says() {
        const TOO_MUCH: usize = 1 << 60;
        let block = ExAllocatePoolWithQuotaTag(512, 40, TAG);
        assert_eq!(first_byte(block), poison::byte());
        ExFreePoolWithTag(block.addr(), TAG);
        let quiet = 512 | FAIL_INSTEAD_OF_RAISE;
        assert!(ExAllocatePoolWithQuota(quiet, TOO_MUCH).is_null());
        let report = expect_stop!(|| {
            ExAllocatePoolWithQuotaTag(512, TOO_MUCH, TAG);
        });
        assert!(report.contains("STOP 0x0000001E"), "{report}");
        assert!(
            report.contains("ExAllocatePoolWithQuotaTag has no"),
            "{report}"
        );
    }

    #[test]
    fn flags_that_do_not_go_together_give_null() {
        for flags in [0, 0x140, 0x40 | 0x8000_0000] {
            assert!(ExAllocatePool2(flags, 40, TAG).is_null());
        }
    }

    #[test]
    fn a_cache_aligned_block_starts_a_line() {
        let block = ExAllocatePool2(flag::NON_PAGED | flag::CACHE_ALIGNED, 40, TAG);
        assert!(block.addr().is_multiple_of(CACHE_LINE));
        ExFreePool(block.addr());
    }
}
