//! Which events a handle watches for.

use abi::{AddressFamily, IpAddressPrefix};

use super::event::LoggedEvent;
use crate::changed_interfaces::ANY_INTERFACE;
use crate::handle_id::HandleId;

/// The events that a `WATCH` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the request"
)]
pub(crate) struct EventFilter {
    /// The family of the routes, or both families.
    pub(crate) family: Option<AddressFamily>,
    /// The LUID of the interface: of the routes, and of the events of interfaces. Or every interface.
    pub(crate) luid: Option<u64>,
    /// The prefix that contains the routes, or every prefix.
    pub(crate) prefix: Option<IpAddressPrefix>,
    /// True if the events exclude the handle's own changes.
    pub(crate) not_mine: bool,
    /// True if the events exclude changes of the route table.
    pub(crate) only_guards: bool,
    /// True if the events include those of other handles' guards.
    pub(crate) all_guards: bool,
    /// True if the events include those of interfaces.
    pub(crate) interfaces: bool,
}

impl EventFilter {
    /// True if the handle `reader` watches for a change of the route table.
    pub(super) fn matches_change(&self, event: &LoggedEvent, reader: HandleId) -> bool {
        let is_excluded = self.not_mine && event.maker == Some(reader);
        !(self.only_guards || is_excluded) && self.covers(event)
    }

    /// True if the handle `reader` watches for an event of a guard of the handle `holder`.
    pub(super) fn matches_guard(
        &self,
        event: &LoggedEvent,
        reader: HandleId,
        holder: HandleId,
    ) -> bool {
        (self.all_guards || reader == holder) && self.covers(event)
    }

    /// True if the handle watches for events of the interface with this LUID. An interface that the
    /// stack did not name may be any.
    pub(super) fn matches_interface(&self, luid: u64) -> bool {
        self.interfaces && (luid == ANY_INTERFACE || self.luid.is_none_or(|wanted| wanted == luid))
    }

    /// Whether the filter covers the route of an event.
    fn covers(&self, event: &LoggedEvent) -> bool {
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
