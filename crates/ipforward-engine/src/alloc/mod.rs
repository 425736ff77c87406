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

use allocator_api2::alloc::Allocator;

/// Memory that is never paged out, which the driver provides.
pub type ResidentMemory = &'static (dyn Allocator + Sync);

/// The memory of tests.
#[cfg(any(test, feature = "fake-stack"))]
pub(crate) const TEST_MEMORY: ResidentMemory = &allocator_api2::alloc::Global;
