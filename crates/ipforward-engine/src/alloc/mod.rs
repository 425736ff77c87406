//! Containers for the kernel: they grow in pieces of bounded size, never panic, and are unchanged
//! when an allocation fails.

pub(crate) mod chunked_vec;
pub(crate) mod id;
pub(crate) mod keyed_slab;
pub(crate) mod list;
pub(crate) mod slab;

pub(crate) use chunked_vec::ChunkedVec;
pub(crate) use id::{Id, StaleId, assert_live};
pub(crate) use keyed_slab::{Chained, KeyedSlab};
pub(crate) use list::{Links, List};
pub(crate) use slab::Slab;
