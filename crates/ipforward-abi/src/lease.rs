//! Leases: which handles hold which routes.

use core::mem::{offset_of, size_of};

use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Leases in one page at most, however large the caller's buffer is: 960 KiB of output.
pub const LEASE_ROWS_MAX: u32 = 4_096;

/// Flag of a lease: the handle that asks holds it.
pub const LEASE_MINE: u32 = 1 << 0;

/// Flag of a lease: other handles may hold the same route, each with a lease of its own.
pub const LEASE_SHARED: u32 = 1 << 1;

/// Flag of a lease: the route is put back if somebody else removes or changes it.
pub const LEASE_GUARDED: u32 = 1 << 2;

/// Flag of a lease: `displaced` is the row that was there before. It is put back when the last
/// lease of the route ends.
pub const LEASE_DISPLACED: u32 = 1 << 3;

/// Flag of a lease: its handle is closed, and ending it is tried again until the stack allows it.
pub const LEASE_ENDING: u32 = 1 << 4;

/// State of a guard: there is none.
pub const GUARD_NONE: u32 = 0;

/// State of a guard: the route is as it should be.
pub const GUARD_HOLDING: u32 = 1;

/// State of a guard: the route may have been disturbed and is about to be looked at.
pub const GUARD_CHECKING: u32 = 2;

/// State of a guard: the route was disturbed again soon, and is put back after a delay.
pub const GUARD_BACKING_OFF: u32 = 3;

/// State of a guard: the route was disturbed so often that both sides are left in peace for a
/// while, before it is put back.
pub const GUARD_TRUCE: u32 = 4;

/// State of a guard: the interface is gone, or has lost the family; the route comes back with it.
pub const GUARD_AWAY: u32 = 5;

/// State of a guard: somebody else insists, and the route is not put back any more.
pub const GUARD_GAVE_UP: u32 = 6;

/// What `GET_LEASES` takes: where to go on.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LeaseRequest {
    /// 0 for the first page; otherwise the [`next_cursor`](LeaseHeader::next_cursor) of the page
    /// before.
    pub cursor: u64,
    /// Must be zero.
    pub reserved: u64,
}

/// What `GET_LEASES` gives: this header, then `count` leases of [`LeaseRow`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LeaseHeader {
    /// Where the next page begins, opaque to the caller; 0 if this was the last one. A page before
    /// the last may hold fewer leases than there is room for, even none.
    pub next_cursor: u64,
    /// How often leases came, went or changed their terms. Pages with the same number are of one
    /// moment; whatever the number, a lease that lasted from the first page to the last is in one
    /// of them.
    pub generation: u64,
    /// Leases behind this header.
    pub count: u32,
    /// Leases that there are at the moment of this page.
    pub total: u32,
}

/// One lease: that one handle holds one route. A route that several handles share has as many.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LeaseRow {
    /// The route as it was made, and as a guard puts it back. It says its interface by LUID only;
    /// `Age` and `Origin` are 0.
    pub route: MibIpForwardRow2,
    /// The row that was there before, with [`LEASE_DISPLACED`]; else all zero.
    pub displaced: MibIpForwardRow2,
    /// Number of the handle that holds it, which no other handle ever has.
    pub handle: u64,
    /// The process that opened the handle.
    pub process_id: u32,
    /// `LEASE_` flags.
    pub flags: u32,
    /// What the guard is doing: a `GUARD_`.
    pub guard_state: u32,
    /// Milliseconds until the guard acts, while it is backing off or keeps a truce; else 0.
    pub guard_delay: u32,
    /// How often the guard has acted since the route was left alone for long.
    pub guard_times: u32,
    /// Zero.
    pub reserved: u32,
}

const _: () = {
    assert!(size_of::<LeaseRequest>() == 16);
    assert!(size_of::<LeaseHeader>() == 24);
    assert!(size_of::<LeaseRow>() == 240);
    assert!(offset_of!(LeaseRow, handle) == 208);
};

impl Wire for LeaseRequest {
    const C_NAME: &'static str = "IPFORWARD_LEASE_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}

impl Wire for LeaseHeader {
    const C_NAME: &'static str = "IPFORWARD_LEASE_HEADER";

    fn reserved_is_zero(&self) -> bool {
        true
    }
}

impl Wire for LeaseRow {
    const C_NAME: &'static str = "IPFORWARD_LEASE_ROW";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0 && self.route.reserved_is_zero() && self.displaced.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            route: self.route.canonical(),
            displaced: self.displaced.canonical(),
            ..self
        }
    }
}
