//! Changes of the route table, as they come.

use core::mem::{offset_of, size_of};

use nt_types::address::IpAddressPrefix;
use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Events that the driver keeps for one filter of a handle at most, until they are read.
pub const RING_EVENTS: u32 = 1_024;

/// Filters that one handle watches through at most. Each has events of its own, from its first
/// `WATCH` until the handle is closed.
pub const WATCH_FILTERS_MAX: u32 = 8;

/// Flag of a `WATCH`: leave out changes that were made through this handle.
pub const WATCH_NOT_MINE: u32 = 1 << 0;

/// Flag of a `WATCH`: answer at once, with no event if there is none. The first `WATCH` with a
/// filter begins to keep events for it, so this one first, then the table, then the events since.
pub const WATCH_NO_WAIT: u32 = 1 << 1;

/// Kind of an event: the route was added.
pub const EVENT_ADDED: u32 = 1;

/// Kind of an event: the route was changed.
pub const EVENT_CHANGED: u32 = 2;

/// Kind of an event: the route was removed; of its row only the keys are given.
pub const EVENT_REMOVED: u32 = 3;

/// Kind of an event: somebody else had removed or changed a route that this handle guards, and it
/// was put back.
pub const EVENT_GUARD_RESTORED: u32 = 4;

/// Kind of an event: a route that this handle guards is not put back any more, because somebody
/// else insists.
pub const EVENT_GUARD_GAVE_UP: u32 = 5;

/// Kind of an event: events were lost, up to this one's sequence number. Read the table anew and
/// go on from the sequence number that it carries. The row is all zero.
pub const EVENT_RESYNC: u32 = 6;

/// Flag of an event: the change was made through the handle that reads it.
pub const EVENT_MADE_BY_ME: u32 = 1 << 0;

/// What `WATCH` takes: which changes matter, and since when.
///
/// Interface, prefix, family and [`WATCH_NOT_MINE`] are the filter. Requests with different
/// filters can wait on one handle at the same time, up to [`WATCH_FILTERS_MAX`] of them, and
/// disturb each other in nothing. Requests with the same filter share its events, and what one of
/// them knows is not kept for the others.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct WatchRequest {
    /// Events up to this number are known and need not be kept: a number from an event or a table;
    /// 0 for whatever is kept. If some after it are not kept any more, [`EVENT_RESYNC`] says so.
    pub after_sequence: u64,
    /// `InterfaceLuid` of the routes that matter; 0 for all.
    pub interface_luid: u64,
    /// Routes to this prefix or into it matter; all zero for every route.
    pub prefix: IpAddressPrefix,
    /// `WATCH_` flags.
    pub flags: u32,
    /// `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both.
    pub family: u16,
    /// Must be zero.
    pub reserved: u16,
}

/// What `WATCH` gives: this header, then `count` events of [`WatchEvent`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct WatchHeader {
    /// Number up to which changes are known with this answer: for the next `after_sequence`.
    pub sequence: u64,
    /// Events that were lost since the handle began to watch through this filter.
    pub lost: u64,
    /// Events behind this header.
    pub count: u32,
    /// Zero.
    pub reserved: u32,
}

/// One change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct WatchEvent {
    /// Its number. Numbers rise, also across handles; those in between did not matter here.
    pub sequence: u64,
    /// What happened: an `EVENT_`.
    pub kind: u32,
    /// `EVENT_MADE_BY_ME`, or 0.
    pub flags: u32,
    /// The route: as it is by now, if it is there; else its keys.
    pub row: MibIpForwardRow2,
}

const _: () = {
    assert!(size_of::<WatchRequest>() == 56);
    assert!(offset_of!(WatchRequest, prefix) == 16);
    assert!(size_of::<WatchHeader>() == 24);
    assert!(size_of::<WatchEvent>() == 120);
    assert!(offset_of!(WatchEvent, row) == 16);
};

impl Wire for WatchRequest {
    const C_NAME: &'static str = "IPFORWARD_WATCH_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0 && self.prefix.reserved == [0; 3]
    }

    fn canonical(self) -> Self {
        Self {
            prefix: self.prefix.canonical(),
            ..self
        }
    }
}

impl Wire for WatchHeader {
    const C_NAME: &'static str = "IPFORWARD_WATCH_HEADER";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}

impl Wire for WatchEvent {
    const C_NAME: &'static str = "IPFORWARD_WATCH_EVENT";

    fn reserved_is_zero(&self) -> bool {
        self.row.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            row: self.row.canonical(),
            ..self
        }
    }
}
