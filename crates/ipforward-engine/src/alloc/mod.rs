//! Memory that can say no: containers that grow in pieces of bounded size, never panic, and leave
//! everything as before when there is no memory.

pub(crate) mod chunked_vec;
pub(crate) mod keyed_slab;
pub(crate) mod list;
pub(crate) mod slab;

pub(crate) use chunked_vec::ChunkedVec;
pub(crate) use keyed_slab::{Chained, KeyedSlab};
pub(crate) use list::{Links, List};
pub(crate) use slab::Slab;

/// The index of nothing.
pub(crate) const NONE: u32 = u32::MAX;
