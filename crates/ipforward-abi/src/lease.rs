//! `GET_LEASES` and `GET_INTERFACE_LEASES`: which handle leases which route, and the settings of which
//! interface.

use core::mem::{offset_of, size_of};

use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Largest number of leases in one page, whatever the size of the caller's buffer: 960 KiB of
/// output for leases of routes.
pub const LEASE_ROWS_MAX: u32 = 4_096;

/// Flag of a lease: it belongs to the handle that sent the request.
pub const LEASE_MINE: u32 = 1 << 0;

/// Flag of a lease: other handles may lease the same route, each with a lease of its own.
pub const LEASE_SHARED: u32 = 1 << 1;

/// Flag of a lease: the driver restores the route when another program removes or changes it.
pub const LEASE_GUARDED: u32 = 1 << 2;

/// Flag of a lease: `displaced` is the row that the lease replaced. The driver restores it when the
/// last lease of the route ends.
pub const LEASE_DISPLACED: u32 = 1 << 3;

/// Flag of a lease: its handle is closed, and the driver retries to end it until the stack succeeds.
pub const LEASE_ENDING: u32 = 1 << 4;

/// State of a guard: the lease is not guarded.
pub const GUARD_NONE: u32 = 0;

/// State of a guard: the route has the leased values.
pub const GUARD_HOLDING: u32 = 1;

/// State of a guard: the route may have changed; the driver is about to check it.
pub const GUARD_CHECKING: u32 = 2;

/// State of a guard: the route was removed or changed again soon; the driver restores it after a
/// delay.
pub const GUARD_BACKING_OFF: u32 = 3;

/// State of a guard: the route was removed or changed so often that the driver waits for a longer
/// time before it restores it.
pub const GUARD_COOLDOWN: u32 = 4;

/// State of a guard: the interface is gone, disconnected, or without an address of the family. The
/// driver restores the route at once when the interface can be used again.
pub const GUARD_WAITS_FOR_INTERFACE: u32 = 5;

/// State of a guard: another program kept removing or changing the route, and the driver does not
/// restore it any more.
pub const GUARD_GAVE_UP: u32 = 6;

/// State of a guard: the adapter is gone, and another adapter has its LUID. The driver restores the
/// route when the adapter with the same GUID returns, and does nothing to the other one.
pub const GUARD_INTERFACE_REPLACED: u32 = 7;

/// Input of `GET_LEASES` and `GET_INTERFACE_LEASES`: where the page begins.
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

/// Output of `GET_LEASES` and `GET_INTERFACE_LEASES`: this header, then `count` leases of [`LeaseRow`] or
/// of [`InterfaceLeaseRow`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LeaseHeader {
    /// Cursor of the next page, opaque to the caller; 0 after the last page. A page before the last
    /// may hold fewer leases than the buffer has room for, even none.
    pub next_cursor: u64,
    /// Number of times that a lease was added, ended or changed. Pages with the same number belong
    /// to one state of the table. In any case each lease that lasts from the first page to the last
    /// is in one of them.
    pub generation: u64,
    /// Number of leases that follow.
    pub count: u32,
    /// Number of leases of that kind in the driver when it made this page.
    pub total: u32,
}

/// One lease of one route by one handle. A route that several handles share has a lease for each.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LeaseRow {
    /// The leased route, as a guard restores it. Its interface is given by LUID only; `Age` and
    /// `Origin` are 0.
    pub route: MibIpForwardRow2,
    /// The row that the lease replaced, with [`LEASE_DISPLACED`]; else all zero.
    pub displaced: MibIpForwardRow2,
    /// Number of the handle that owns the lease; the driver never reuses it.
    pub handle: u64,
    /// The process that opened the handle.
    pub process_id: u32,
    /// `LEASE_` flags.
    pub flags: u32,
    /// State of the guard: a `GUARD_` value.
    pub guard_state: u32,
    /// Milliseconds until the guard acts, during back-off or cooldown; else 0.
    pub guard_delay: u32,
    /// How often the guard has restored the route since it was last stable.
    pub guard_times: u32,
    /// The network compartment of the route, in which the lease was made: 1 is the default one.
    pub compartment: u32,
}

/// One lease of settings of one family on an interface: at most one handle has it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct InterfaceLeaseRow {
    /// The interface. The lease is of the adapter that had this LUID when it was made.
    pub interface_luid: u64,
    /// Number of the handle that owns the lease; the driver never reuses it.
    pub handle: u64,
    /// The process that opened the handle.
    pub process_id: u32,
    /// [`LEASE_MINE`] and [`LEASE_ENDING`].
    pub flags: u32,
    /// The leased settings, as the handle has set them: `INTERFACE_` bits without `INTERFACE_LEASE`.
    pub settings: u32,
    /// The leased metric, with `INTERFACE_METRIC`; otherwise zero.
    pub metric: u32,
    /// The values of the same settings before the lease, which the driver puts back: `INTERFACE_` bits.
    pub settings_before: u32,
    /// The metric before the lease, if `SettingsBefore` has `INTERFACE_METRIC`; otherwise zero.
    pub metric_before: u32,
    /// The network compartment of the interface, in which the lease was made: 1 is the default one.
    pub compartment: u32,
    /// `AF_INET` or `AF_INET6`.
    pub family: u16,
    /// Zero.
    pub reserved: u16,
}

const _: () = {
    assert!(size_of::<LeaseRequest>() == 16);
    assert!(size_of::<LeaseHeader>() == 24);
    assert!(size_of::<LeaseRow>() == 240);
    assert!(offset_of!(LeaseRow, handle) == 208);
    assert!(size_of::<InterfaceLeaseRow>() == 48);
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
        self.route.reserved_is_zero() && self.displaced.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            route: self.route.canonical(),
            displaced: self.displaced.canonical(),
            ..self
        }
    }
}

impl Wire for InterfaceLeaseRow {
    const C_NAME: &'static str = "IPFORWARD_INTERFACE_LEASE_ROW";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}
