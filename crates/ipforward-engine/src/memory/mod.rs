//! Memory that can say no: containers that grow in pieces of bounded size, never panic, and leave
//! everything as before when there is no memory.

pub(crate) mod chunks;
pub(crate) mod keyed;
pub(crate) mod list;
pub(crate) mod slab;

pub(crate) use chunks::Chunks;
pub(crate) use keyed::{Chained, Keyed};
pub(crate) use list::{Links, List};
pub(crate) use slab::Slab;

/// The index of nothing.
pub(crate) const NONE: u32 = u32::MAX;
