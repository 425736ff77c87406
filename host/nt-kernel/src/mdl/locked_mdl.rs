//! MDLs that the kernel makes and a driver ends, as if the driver had made them.

use super::{buffers, lists};

/// `IoReadAccess`.
const READ: u32 = 0;
/// `IoWriteAccess`.
const WRITE: u32 = 1;

/// Makes an MDL of the kernel's memory at `address`, and locks its pages. The driver ends it with
/// `MmUnlockPages` and `IoFreeMdl`. Where it is; `None` without memory.
#[must_use = "the driver has to free it"]
pub fn allocate_locked(address: usize, length: usize, for_write: bool) -> Option<usize> {
    let mdl = lists::allocate(address, length)?;
    let operation = if for_write { WRITE } else { READ };
    // SAFETY: just made.
    unsafe { buffers::lock_pages(mdl, operation) };
    Some(mdl.expose_provenance())
}
