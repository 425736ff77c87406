//! Versions, capabilities and limits of a driver.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// The version of this contract. Any change of a code, a size, an offset
/// or a number with a meaning raises it.
pub const ABI_VERSION: u32 = 5;

/// Capability bit: single routes can be initialized, created, changed, deleted, read and explained.
pub const CAPABILITY_ROUTES: u64 = 1 << 0;

/// Capability bit: the tables of routes and interfaces can be read in pages.
pub const CAPABILITY_TABLES: u64 = 1 << 1;

/// Capability bit: the best route to an address can be asked for.
pub const CAPABILITY_BEST_ROUTE: u64 = 1 << 2;

/// Capability bit: the driver counts what it does.
pub const CAPABILITY_STATISTICS: u64 = 1 << 3;

/// Capability bit: many changes can be made in one call.
pub const CAPABILITY_APPLY: u64 = 1 << 4;

/// Capability bit: routes can belong to a handle and go with it.
pub const CAPABILITY_LEASES: u64 = 1 << 5;

/// Capability bit: changes of the route table can be watched.
pub const CAPABILITY_WATCH: u64 = 1 << 6;

/// Capability bit: leased routes can be put back when somebody else removes or changes them.
pub const CAPABILITY_GUARD: u64 = 1 << 7;

/// Routes that one handle can hold at most.
pub const LEASES_PER_HANDLE_MAX: u32 = 1_048_576;

/// What `QUERY_VERSION` gives. It keeps its first member in every version of the contract.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Version {
    /// The driver's [`ABI_VERSION`]. A caller built for another one must stop here.
    pub abi_version: u32,
    /// Rows in one page of a table at most.
    pub table_rows_max: u32,
    /// Capability bits, see the `CAPABILITY_` constants.
    pub capabilities: u64,
    /// The driver's own version: major, minor, patch.
    pub driver_version: [u16; 3],
    /// Zero.
    pub reserved: u16,
    /// Entries of one `APPLY` at most.
    pub batch_entries_max: u32,
    /// Routes that one handle can hold at most.
    pub leases_per_handle_max: u32,
    /// Events that are kept for one handle at most.
    pub ring_events: u32,
    /// Zero.
    pub reserved_2: u32,
}

const _: () = assert!(size_of::<Version>() == 40);

impl Wire for Version {
    const C_NAME: &'static str = "IPFORWARD_VERSION";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0 && self.reserved_2 == 0
    }
}
