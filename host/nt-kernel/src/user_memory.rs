//! The caller's part of the address space, as a driver sees it.
//!
//! Kernel and caller share the addresses of one Linux process here. What the host has mapped is the
//! kernel's, but for the caller's buffers; what is not mapped is an address of a program that has nothing
//! there. Without verification the host does not know whose its memory is: all of it may be the caller's.

use nix::libc;

use crate::pool::{self, PAGE_SIZE};
use crate::verification;

/// The pool tag of a caller's own buffers, which are in memory while the driver may use them.
pub const TAG: u32 = u32::from_le_bytes(*b"User");
/// The first address that no program has: `MmUserProbeAddress`.
pub(crate) const END: usize = 0x7FFF_FFFF_0000;

/// Whether the caller has memory at `address` now. Without verification the pool knows no tags: all that
/// the host has mapped may be the caller's.
pub(crate) fn is_mapped(address: usize) -> bool {
    if verification::is_on() {
        pool::tag_at(address) == Some(TAG)
    } else {
        is_hosts(address)
    }
}

/// Whether `address` is one of the caller's, with memory or without: without verification any that a
/// program can have. Waits for the pool's lock.
pub(crate) fn is_user_address(address: usize) -> bool {
    if address >= END {
        return false;
    }
    if !verification::is_on() {
        return true;
    }
    match pool::tag_at(address).or_else(|| pool::former_tag_at(address)) {
        Some(tag) => tag == TAG,
        None => !is_hosts(address),
    }
}

/// Whether the host has anything at `address`, be it inaccessible.
fn is_hosts(address: usize) -> bool {
    let page = std::ptr::without_provenance_mut(address - address % PAGE_SIZE);
    let mut resident = 0;
    // SAFETY: asks about a page, and writes one byte to `resident`.
    unsafe { libc::mincore(page, PAGE_SIZE, &raw mut resident) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run_alone;

    #[test]
    fn what_the_host_has_mapped_is_not_the_callers() {
        let here = 0_u8;
        assert!(!is_user_address((&raw const here).addr()));
        assert!(!is_user_address(main_code()));
        assert!(!is_user_address(0xFFFF_8000_0000_0000));
        assert!(is_user_address(0x18) && !is_mapped(0x18));
    }

    fn main_code() -> usize {
        is_user_address as *const () as usize
    }

    #[test]
    fn a_callers_buffer_is_its_own_and_stays_so() {
        let block = pool::allocate(true, 16, TAG).unwrap().addr().get();
        let other = pool::allocate(true, 16, 7).unwrap().addr().get();
        assert!(is_mapped(block) && is_user_address(block + 15));
        assert!(!is_mapped(other) && !is_user_address(other));
        pool::free(block, Some(TAG));
        assert!(is_user_address(block) && !is_mapped(block));
        pool::free(other, Some(7));
        assert!(!is_user_address(other));
    }

    #[test]
    fn without_verification_all_memory_may_be_the_callers() {
        run_alone!(|| {
            verification::turn_off();
            let block = pool::allocate(true, 16, TAG).unwrap().addr().get();
            assert!(is_mapped(block) && is_user_address(block + 15));
            assert!(!is_mapped(0x18) && is_user_address(0x18));
            assert!(!is_user_address(END));
            pool::free(block, Some(TAG));
        });
    }
}
