//! Events, as the engine keeps them.

use crate::handle_id::HandleId;
use crate::leases::guard::{GuardEvent, LeaseHolder};
use crate::route_key::RouteKey;

/// What a notification says about a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `MibAddInstance`.
    Added,
    /// `MibParameterNotification`.
    Changed,
    /// `MibDeleteInstance`.
    Removed,
}

/// What an event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchedEvent {
    /// A change of the route table.
    Route(Change),
    /// An act of a guard, and the handle that holds the route.
    Guard(GuardEvent, LeaseHolder),
    /// A change of an interface or of its addresses. The key of the event has only the LUID.
    Interface,
    /// The loss of events: the reader has to read the table again.
    Resync,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoggedEvent {
    pub(crate) sequence: u64,
    pub(crate) key: RouteKey,
    pub(crate) interface_index: u32,
    pub(crate) kind: WatchedEvent,
    /// The handle that made the change, if one did.
    pub(crate) maker: Option<HandleId>,
}

impl Default for LoggedEvent {
    fn default() -> Self {
        Self::resync(0)
    }
}

impl LoggedEvent {
    /// The loss of events up to a sequence number.
    pub(crate) fn resync(sequence: u64) -> Self {
        Self {
            sequence,
            key: RouteKey::default(),
            interface_index: 0,
            kind: WatchedEvent::Resync,
            maker: None,
        }
    }
}
