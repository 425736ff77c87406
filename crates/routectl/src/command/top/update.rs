//! What the screen learns of the device.

use ipforward::abi::Statistics;
use ipforward::{Event, EventKind, Route};

use super::row::TopLease;

/// What has been read.
#[derive(Debug)]
pub(super) enum FeedUpdate {
    /// The whole table.
    Table(Vec<Route>),
    /// One event.
    Event(TopEvent),
    /// The leases of all handles, and the driver's counters.
    Counters {
        leases: Vec<TopLease>,
        statistics: Box<Statistics>,
    },
}

/// An event, to be shown.
#[derive(Clone, Debug)]
pub(super) struct TopEvent {
    /// When routectl received it, in UTC.
    pub(super) time: String,
    pub(super) kind: EventKind,
    /// The process that guards the route, if the event is of a guard.
    pub(super) process: Option<u32>,
}

impl TopEvent {
    pub(super) fn new(time: &str, event: &Event) -> Self {
        Self {
            time: time.to_owned(),
            kind: event.kind,
            process: event.guard_owner.map(|owner| owner.process_id),
        }
    }
}
