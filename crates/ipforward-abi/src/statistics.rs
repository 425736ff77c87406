//! `QUERY_STATISTICS`: what the driver counts.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Counters since the driver was loaded, or since the handle was opened. They wrap around.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Counters {
    /// Requests that reached the driver.
    pub requests: u64,
    /// Requests that the driver completed with an error.
    pub refused: u64,
    /// Routes created.
    pub routes_created: u64,
    /// Routes changed.
    pub routes_set: u64,
    /// Routes deleted.
    pub routes_deleted: u64,
    /// Table snapshots taken.
    pub snapshots: u64,
}

/// Output of `QUERY_STATISTICS`. The counters include the query itself.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Statistics {
    /// Counters of all handles together.
    pub total: Counters,
    /// Counters of the handle that sent the query.
    pub handle: Counters,
}

const _: () = assert!(size_of::<Statistics>() == 96);

impl Wire for Statistics {
    const C_NAME: &'static str = "IPFORWARD_STATISTICS";

    fn reserved_is_zero(&self) -> bool {
        true
    }
}
