//! MDLs that the kernel makes and a driver ends, as if the driver had made them.

use super::{buffers, lists};

/// Makes an MDL of the kernel's memory at `address`, and locks its pages. The driver ends it with
/// `MmUnlockPages` and `IoFreeMdl`. Where it is; `None` without memory.
#[must_use = "the driver has to free it"]
pub fn allocate_locked(address: usize, length: usize, for_write: bool) -> Option<usize> {
    let mdl = lists::allocate(address, length)?;
    // SAFETY: just made.
    unsafe { buffers::lock_pages(mdl, for_write) };
    Some(mdl.expose_provenance())
}
