//! Versions, capabilities and limits of a driver.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The version of this contract. Any change of a code, a size or an offset raises it.
pub const ABI_VERSION: u32 = 1;

/// Capability bit: single routes can be initialized, created, changed, deleted, read and explained.
pub const CAPABILITY_ROUTES: u64 = 1 << 0;

/// Capability bit: the tables of routes and interfaces can be read in pages.
pub const CAPABILITY_TABLES: u64 = 1 << 1;

/// Capability bit: the best route to an address can be asked for.
pub const CAPABILITY_BEST_ROUTE: u64 = 1 << 2;

/// Capability bit: the driver counts what it does.
pub const CAPABILITY_STATISTICS: u64 = 1 << 3;

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
}

const _: () = assert!(size_of::<Version>() == 24);
