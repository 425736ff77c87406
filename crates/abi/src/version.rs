//! Versions, capabilities and limits of a driver.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The version of this contract. Any change of a code, a size or an offset raises it.
pub const ABI_VERSION: u32 = 1;

/// Capability bit: single routes can be initialized, created, deleted and read.
pub const CAPABILITY_ROUTES: u64 = 1 << 0;

/// Capability bit: the route table can be read in pages.
pub const CAPABILITY_TABLES: u64 = 1 << 1;

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
