//! One change of the route table.

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_GUARD_GAVE_UP, EVENT_GUARD_RESTORED, EVENT_MADE_BY_ME,
    EVENT_REMOVED, EVENT_RESYNC,
};
use abi::{Operation, WatchEvent};

use crate::error::{Error, Malformed};
use crate::route::{Route, RouteKey};

/// What an event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The route was added.
    Added(Route),
    /// The route was changed.
    Changed(Route),
    /// The route was removed.
    Removed(RouteKey),
    /// Another program removed or changed a route that this device guards, and the driver restored it.
    GuardRestored(Route),
    /// The driver stopped restoring a route that this device guards: another program keeps changing it.
    GuardGaveUp(RouteKey),
    /// Events were lost: read the table again.
    Resync,
}

/// One change of the route table. The route is as it is when the event is read, not as it was when
/// it changed; if it does not exist any more, only its keys are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The number of the event. Numbers increase; the filter leaves gaps.
    pub sequence: u64,
    /// What the event reports.
    pub kind: EventKind,
    /// True if this device made the change.
    pub made_by_me: bool,
}

impl Event {
    pub(crate) fn read(event: &WatchEvent) -> Result<Self, Error> {
        let malformed = |cause| Error::Malformed {
            operation: Operation::Watch,
            cause,
        };
        let route = || Route::try_from(&event.row).map_err(|invalid| malformed(invalid.into()));
        let kind = match event.kind {
            EVENT_ADDED => EventKind::Added(route()?),
            EVENT_CHANGED => EventKind::Changed(route()?),
            EVENT_REMOVED => EventKind::Removed(route()?.key()),
            EVENT_GUARD_RESTORED => EventKind::GuardRestored(route()?),
            EVENT_GUARD_GAVE_UP => EventKind::GuardGaveUp(route()?.key()),
            EVENT_RESYNC => EventKind::Resync,
            other => return Err(malformed(Malformed::EventKind(other))),
        };
        Ok(Self {
            sequence: event.sequence,
            kind,
            made_by_me: event.flags & EVENT_MADE_BY_ME != 0,
        })
    }
}
