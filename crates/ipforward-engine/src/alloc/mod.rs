//! Containers for the kernel: they grow in pieces of bounded size, never panic, and are unchanged
//! when an allocation fails.
//!
//! Their memory is pageable, because the global allocator of the driver takes it from paged pool. What
//! is accessed under the watch lock, at `DISPATCH_LEVEL`, is in [`ResidentMemory`].

pub(crate) mod chunked_vec;
pub(crate) mod id;
pub(crate) mod keyed_slab;
pub(crate) mod list;
pub(crate) mod slab;

pub(crate) use chunked_vec::ChunkedVec;
pub(crate) use id::{Id, StaleId, assert_live};
pub(crate) use keyed_slab::{ChainLink, Chained, HashedKey, KeyedSlab};
pub(crate) use list::{Links, List};
pub(crate) use slab::Slab;

use abi::NtStatus;
use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;

/// Memory that is never paged out, which the driver provides.
pub type ResidentMemory = &'static (dyn Allocator + Sync);

/// Makes room for so many more elements, and for no others.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
pub(crate) fn reserve<T, A: Allocator>(
    elements: &mut Vec<T, A>,
    more: usize,
) -> Result<(), NtStatus> {
    elements
        .try_reserve_exact(more)
        .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)
}

/// The memory of tests.
#[cfg(any(test, feature = "fake-stack"))]
pub(crate) const TEST_MEMORY: ResidentMemory = &allocator_api2::alloc::Global;
