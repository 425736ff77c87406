//! What the screen learns of the device.

use ipforward::abi::Statistics;
use ipforward::{Event, EventKind, IpInterface, Route};

use super::row::TopLease;
use crate::command::interface_states::InterfaceDifference;

/// What has been read.
#[derive(Debug)]
pub(super) enum FeedUpdate {
    /// The whole table.
    Table(Vec<Route>),
    /// All interfaces, and when they were read, in UTC.
    Interfaces(String, Vec<IpInterface>),
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
    pub(super) subject: TopEventSubject,
    /// The process that guards the route, if the event is of a guard.
    pub(super) process: Option<u32>,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub(super) enum TopEventSubject {
    /// A route, or lost events.
    Route(EventKind),
    Interface(InterfaceDifference),
}

impl TopEvent {
    pub(super) fn new(time: &str, event: &Event) -> Self {
        Self {
            time: time.to_owned(),
            subject: TopEventSubject::Route(event.kind),
            process: event.guard_owner.map(|owner| owner.process_id),
        }
    }
}
