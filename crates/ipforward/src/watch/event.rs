//! One change.

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_GUARD_GAVE_UP, EVENT_GUARD_RESTORED, EVENT_MADE_BY_ME,
    EVENT_REMOVED, EVENT_RESYNC,
};
use abi::{Operation, WatchEvent};

use crate::error::{Error, Malformed};
use crate::route::{Route, RouteKey};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The route was added.
    Added(Route),
    /// The route was changed.
    Changed(Route),
    /// The route was removed.
    Removed(RouteKey),
    /// Somebody else had removed or changed a route that this device guards, and it was put back.
    GuardRestored(Route),
    /// A route that this device guards is not put back any more, because somebody else insists.
    GuardGaveUp(RouteKey),
    /// Events were lost: read the table anew.
    Resync,
}

/// One change of the route table. A route is told as it is by now, not as it was then; if it is
/// gone, all but its keys means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Its number. Numbers rise; those in between did not matter here.
    pub sequence: u64,
    /// What happened.
    pub kind: EventKind,
    /// Whether the change was made through this device.
    pub made_by_me: bool,
}

impl Event {
    pub(super) fn read(event: &WatchEvent) -> Result<Self, Error> {
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
