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
    /// Interfaces changed.
    pub interfaces_set: u64,
}

/// What the driver lost since it was loaded, where no caller learns it. For each loss the driver also
/// prints a line for the debugger. Counters of all handles and devices together; they wrap around.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Losses {
    /// Leased routes that the stack refused to remove before a device was removed: they stay in the
    /// route table.
    pub leases_left: u64,
    /// Guards that do not restore their route any more.
    pub guards_given_up: u64,
    /// Times that a `WATCH` began to lose events, because they were read too slowly.
    pub event_overflows: u64,
    /// Times that the driver began to lose changes of leased routes, and checked all leases instead.
    pub change_overflows: u64,
    /// `WATCH` requests that could not wait for an event, and were completed with the framework's
    /// status.
    pub watches_not_parked: u64,
    /// Times that the stack did not register the driver for notifications.
    pub failed_registrations: u64,
    /// Tables of the stack that the driver could not free.
    pub tables_leaked: u64,
    /// Threads that the driver could not put back into the network compartment that they came from.
    pub compartments_not_left: u64,
    /// Leased settings of interfaces that the stack refused to put back before a device was removed.
    pub settings_left: u64,
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
    /// What the driver lost.
    pub losses: Losses,
}

const _: () = assert!(size_of::<Statistics>() == 184);

impl Wire for Statistics {
    const C_NAME: &'static str = "IPFORWARD_STATISTICS";

    fn reserved_is_zero(&self) -> bool {
        true
    }
}
