//! Which events a handle watches for.

use abi::{AddressFamily, IpAddressPrefix};

use super::event::LoggedEvent;

/// The events that a `WATCH` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventFilter {
    /// The family of the routes, or both families.
    pub(crate) family: Option<AddressFamily>,
    /// The LUID of the interface, or every interface.
    pub(crate) luid: Option<u64>,
    /// The prefix that contains the routes, or every prefix.
    pub(crate) prefix: Option<IpAddressPrefix>,
    /// True if the events exclude the handle's own changes.
    pub(crate) not_mine: bool,
}

impl EventFilter {
    /// True if the handle watches for the event. `mine`: the handle made the change itself.
    pub(super) fn matches(&self, event: &LoggedEvent, mine: bool) -> bool {
        !(self.not_mine && mine) && self.covers(event)
    }

    /// Whether the filter covers the route of an event.
    pub(super) fn covers(&self, event: &LoggedEvent) -> bool {
        self.family
            .is_none_or(|family| family == event.key.family())
            && self.luid.is_none_or(|luid| luid == event.key.luid())
            && self.prefix.is_none_or(|prefix| event.key.lies_in(&prefix))
    }
}

/// A decoded `WATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WatchCommand {
    pub(crate) filter: EventFilter,
    /// Events up to this number are known to the reader.
    pub(crate) after: u64,
    /// Whether the answer comes at once, even without an event.
    pub(crate) no_wait: bool,
}
