//! Memory descriptor lists for buffers of a request that has none of its own.

use std::ptr::NonNull;

use nt_kernel::mdl::Mdl;
use nt_kernel::{pool, resource_tracker};
use nt_types::NtStatus;

/// The pool tag of the lists: `Mdl `.
const TAG: u32 = u32::from_le_bytes(*b"Mdl ");

/// The description of a buffer in nonpaged pool; freed with this value.
pub(crate) struct BufferMdl {
    list: NonNull<u8>,
    buffer: (usize, usize),
}

// SAFETY: the memory belongs to the request that owns this value.
unsafe impl Send for BufferMdl {}

impl BufferMdl {
    /// One for the `length` bytes at `address`.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn new(address: usize, length: usize) -> Result<Self, NtStatus> {
        let mdl = Mdl::of_pool(address, length);
        let list = pool::allocate(true, mdl.bytes(), TAG);
        let list = list.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        // It is the framework's: the driver has not to free it.
        resource_tracker::release(pool::TRACKED_KIND, list.expose_provenance().get());
        // SAFETY: just allocated with its size.
        unsafe { list.cast::<Mdl>().write(mdl) };
        Ok(Self {
            list,
            buffer: (address, length),
        })
    }

    /// Whether it describes this buffer.
    pub(crate) fn describes(&self, address: usize, length: usize) -> bool {
        self.buffer == (address, length)
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.list.expose_provenance().get()
    }
}

impl Drop for BufferMdl {
    fn drop(&mut self) {
        pool::free(self.address(), Some(TAG));
    }
}
