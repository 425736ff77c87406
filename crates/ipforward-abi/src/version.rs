//! `QUERY_VERSION`: versions, capabilities and limits of the driver.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// The version of this contract. It rises with a change of a code, a size, an offset, the meaning of
/// a number or a name of the C header: once between two released versions.
pub const ABI_VERSION: u32 = 6;

/// Capability bit: the operations on single routes, from `INITIALIZE_ROUTE` to `EXPLAIN_ROUTE`.
pub const CAPABILITY_ROUTES: u64 = 1 << 0;

/// Capability bit: `GET_TABLE` and `GET_INTERFACE_TABLE`.
pub const CAPABILITY_TABLES: u64 = 1 << 1;

/// Capability bit: `GET_BEST_ROUTE`.
pub const CAPABILITY_BEST_ROUTE: u64 = 1 << 2;

/// Capability bit: `QUERY_STATISTICS`.
pub const CAPABILITY_STATISTICS: u64 = 1 << 3;

/// Capability bit: `APPLY`.
pub const CAPABILITY_APPLY: u64 = 1 << 4;

/// Capability bit: [`ENTRY_LEASE`](crate::apply::ENTRY_LEASE) and `GET_LEASES`.
pub const CAPABILITY_LEASES: u64 = 1 << 5;

/// Capability bit: `WATCH`.
pub const CAPABILITY_WATCH: u64 = 1 << 6;

/// Capability bit: [`ENTRY_GUARD`](crate::apply::ENTRY_GUARD).
pub const CAPABILITY_GUARD: u64 = 1 << 7;

/// Capability bit: `SET_INTERFACE` and `GET_INTERFACE_LEASES`.
pub const CAPABILITY_INTERFACES: u64 = 1 << 8;

/// Largest number of leases of one handle.
pub const LEASES_PER_HANDLE_MAX: u32 = 1_048_576;

/// Output of `QUERY_VERSION`. The first member is the same in every version of the contract.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Version {
    /// The driver's [`ABI_VERSION`]. A caller that was built for another version must stop here.
    pub abi_version: u32,
    /// Largest number of rows in one page of a table.
    pub table_rows_max: u32,
    /// The `CAPABILITY_` bits.
    pub capabilities: u64,
    /// The driver's own version: major, minor, patch.
    pub driver_version: [u16; 3],
    /// Zero.
    pub reserved: u16,
    /// Largest number of entries of one `APPLY`.
    pub batch_entries_max: u32,
    /// Largest number of leases of one handle.
    pub leases_per_handle_max: u32,
    /// Largest number of unread events that the driver keeps for one filter of a handle.
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
