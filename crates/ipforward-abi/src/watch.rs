//! `WATCH`: the changes of the route table and of interfaces, in order.

use core::mem::{offset_of, size_of};

use nt_types::address::IpAddressPrefix;
use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Largest number of unread events that the driver keeps for one filter of a handle.
pub const RING_EVENTS: u32 = 1_024;

/// Largest number of filters of one handle. The driver keeps events for each filter from its first
/// `WATCH` until the handle closes.
pub const WATCH_FILTERS_MAX: u32 = 8;

/// Largest number of `WATCH` requests of one handle that wait for an event at the same time.
pub const WATCH_REQUESTS_MAX: u32 = 64;

/// Flag of a `WATCH`: leave out changes that this handle made.
pub const WATCH_NOT_MINE: u32 = 1 << 0;

/// Flag of a `WATCH`: complete at once, even without an event. The driver keeps events for a filter
/// from its first `WATCH` on: to miss none, send this one first, then read the table, then watch.
pub const WATCH_NO_WAIT: u32 = 1 << 1;

/// Flag of a `WATCH`: leave out changes of the route table; the events of guards are left, and those
/// of interfaces with [`WATCH_INTERFACES`].
pub const WATCH_ONLY_GUARDS: u32 = 1 << 2;

/// Flag of a `WATCH`: also the events of routes that other handles guard.
pub const WATCH_ALL_GUARDS: u32 = 1 << 3;

/// Flag of a `WATCH`: also the events of interfaces.
pub const WATCH_INTERFACES: u32 = 1 << 4;

/// Kind of an event: the route was added.
pub const EVENT_ADDED: u32 = 1;

/// Kind of an event: the route was changed.
pub const EVENT_CHANGED: u32 = 2;

/// Kind of an event: the route was removed; the row holds only its keys.
pub const EVENT_REMOVED: u32 = 3;

/// Kind of an event: another program removed or changed a guarded route, and the driver restored it.
pub const EVENT_GUARD_RESTORED: u32 = 4;

/// Kind of an event: another program kept removing or changing a guarded route, and the driver does
/// not restore it any more.
pub const EVENT_GUARD_GAVE_UP: u32 = 5;

/// Kind of an event: events were lost, up to the sequence number of this one. Read the table again
/// and continue from its sequence number. The row is all zero.
pub const EVENT_RESYNC: u32 = 6;

/// Kind of an event: the adapter of a route that this handle guards is gone, and another adapter has
/// its LUID, on which the driver does not restore the route. The row holds only its keys.
pub const EVENT_GUARD_INTERFACE_REPLACED: u32 = 7;

/// Kind of an event, with [`WATCH_INTERFACES`]: an interface, or one of its addresses, was added,
/// changed or removed. The row holds only `InterfaceLuid`, which is 0 if the stack did not say which
/// interface. Read the interface to learn its state.
pub const EVENT_INTERFACE_CHANGED: u32 = 8;

/// The name of each kind of event, as programs print it.
pub const EVENT_NAMES: &[(u32, &str)] = &[
    (EVENT_ADDED, "added"),
    (EVENT_CHANGED, "changed"),
    (EVENT_REMOVED, "removed"),
    (EVENT_GUARD_RESTORED, "restored"),
    (EVENT_GUARD_GAVE_UP, "gave_up"),
    (EVENT_RESYNC, "resync"),
    (EVENT_GUARD_INTERFACE_REPLACED, "interface_replaced"),
    (EVENT_INTERFACE_CHANGED, "interface_changed"),
];

/// Flag of an event: the handle that reads the event made the change.
pub const EVENT_MADE_BY_ME: u32 = 1 << 0;

/// Input of `WATCH`: a filter, and the last event that the caller knows.
///
/// Interface, prefix, family and the flags besides [`WATCH_NO_WAIT`] are the filter. Requests with up to
/// [`WATCH_FILTERS_MAX`] different filters can wait on one handle at the same time, independent of
/// each other. Requests with the same filter share its events: an event that one of them
/// acknowledges is not kept for the others.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct WatchRequest {
    /// The sequence number of an event or a table: the driver drops events up to it. 0 for every
    /// event that the driver keeps. If later events are lost, an [`EVENT_RESYNC`] reports it.
    pub after_sequence: u64,
    /// `InterfaceLuid` of the routes and interfaces to watch; 0 for all.
    pub interface_luid: u64,
    /// Watch routes to this prefix and to prefixes within it; all zero for every route. It selects no
    /// interface.
    pub prefix: IpAddressPrefix,
    /// `WATCH_` flags.
    pub flags: u32,
    /// Family of the routes: `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both. It selects no interface.
    pub family: u16,
    /// Must be zero.
    pub reserved: u16,
}

/// Output of `WATCH`: this header, then `count` events of [`WatchEvent`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct WatchHeader {
    /// Sequence number of the last change that this answer covers: the next `after_sequence`.
    pub sequence: u64,
    /// Number of events that were lost since the first `WATCH` with this filter.
    pub lost: u64,
    /// Number of events that follow.
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
    /// Its sequence number. Numbers rise and are shared by all handles; the filter left out those in
    /// between.
    pub sequence: u64,
    /// What happened: an `EVENT_` kind.
    pub kind: u32,
    /// `EVENT_MADE_BY_ME`, or 0.
    pub flags: u32,
    /// Number of the handle that guards the route, as `GET_LEASES` shows it; 0 if the event is not of
    /// a guard.
    pub guard_handle: u64,
    /// The process that opened this handle; 0 if the event is not of a guard.
    pub guard_process_id: u32,
    /// Zero.
    pub reserved: u32,
    /// The current row of the route; only its keys if the route does not exist any more. For an event
    /// of an interface, only its LUID.
    pub row: MibIpForwardRow2,
}

const _: () = {
    assert!(size_of::<WatchRequest>() == 56);
    assert!(offset_of!(WatchRequest, prefix) == 16);
    assert!(size_of::<WatchHeader>() == 24);
    assert!(size_of::<WatchEvent>() == 136);
    assert!(offset_of!(WatchEvent, row) == 32);
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
        self.reserved == 0 && self.row.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            row: self.row.canonical(),
            ..self
        }
    }
}
