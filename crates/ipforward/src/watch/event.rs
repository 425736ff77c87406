//! One change of the route table or of an interface.

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_GUARD_GAVE_UP, EVENT_GUARD_INTERFACE_REPLACED,
    EVENT_GUARD_RESTORED, EVENT_INTERFACE_CHANGED, EVENT_MADE_BY_ME, EVENT_NAMES, EVENT_REMOVED,
    EVENT_RESYNC,
};
use abi::{Operation, WatchEvent};

use crate::error::{Error, Malformed};
use crate::route::{Interface, Route, RouteKey, RouteProtocol};

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
    /// Another program removed or changed a guarded route, and the driver restored it.
    GuardRestored(Route),
    /// The driver stopped restoring a guarded route: another program keeps changing it.
    GuardGaveUp(RouteKey),
    /// Another adapter has the LUID of the adapter of this guarded route. The driver does not restore
    /// the route on it.
    GuardInterfaceReplaced(RouteKey),
    /// An interface, or one of its addresses, was added, changed or removed:
    /// [`Device::interface`](crate::Device::interface) has its state. `None` if the stack did not say
    /// which interface. See [`WatchFilter::interfaces`](crate::WatchFilter::interfaces).
    InterfaceChanged(Option<Interface>),
    /// Events were lost: read the table again, and the interfaces if they are watched.
    Resync,
}

impl EventKind {
    /// The name of the kind: `added`, `gave_up`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let number = self.number();
        let found = EVENT_NAMES.iter().find(|(kind, _)| *kind == number);
        found.map_or("other", |(_, name)| name)
    }

    /// The route as it was when the event was read, if the event is of one that existed then.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.row().filter(|route| exists(route))
    }

    /// The row of the route, with only its keys if the route did not exist any more.
    const fn row(&self) -> Option<&Route> {
        match self {
            Self::Added(route) | Self::Changed(route) | Self::GuardRestored(route) => Some(route),
            Self::Removed(_)
            | Self::GuardGaveUp(_)
            | Self::GuardInterfaceReplaced(_)
            | Self::InterfaceChanged(_)
            | Self::Resync => None,
        }
    }

    /// The key of the route, if the event is of one.
    #[must_use]
    pub fn key(&self) -> Option<RouteKey> {
        match self {
            Self::Removed(key) | Self::GuardGaveUp(key) | Self::GuardInterfaceReplaced(key) => {
                Some(*key)
            }
            kind => kind.row().map(Route::key),
        }
    }

    /// True if a route was added, changed or restored, and did not exist any more when the event was
    /// read. A copy of the table removes it: the stack may have notified its removal before.
    #[must_use]
    pub fn is_of_missing_route(&self) -> bool {
        self.row().is_some_and(|route| !exists(route))
    }

    /// The number of the kind in the contract.
    const fn number(&self) -> u32 {
        match self {
            Self::Added(_) => EVENT_ADDED,
            Self::Changed(_) => EVENT_CHANGED,
            Self::Removed(_) => EVENT_REMOVED,
            Self::GuardRestored(_) => EVENT_GUARD_RESTORED,
            Self::GuardGaveUp(_) => EVENT_GUARD_GAVE_UP,
            Self::GuardInterfaceReplaced(_) => EVENT_GUARD_INTERFACE_REPLACED,
            Self::InterfaceChanged(_) => EVENT_INTERFACE_CHANGED,
            Self::Resync => EVENT_RESYNC,
        }
    }
}

/// Whether the row of an event is of a route that exists: no such route has the protocol 0.
fn exists(route: &Route) -> bool {
    route.protocol != RouteProtocol(0)
}

/// The handle that guards a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GuardOwner {
    /// The number of the handle, as in [`LeaseOwner`](crate::LeaseOwner).
    pub handle: u64,
    /// The process that opened the handle.
    pub process_id: u32,
}

/// One change of the route table or of an interface. The route is as it is when the event is read, not as it was when
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
    /// The handle that guards the route, if the event is of a guard.
    pub guard_owner: Option<GuardOwner>,
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
            EVENT_GUARD_INTERFACE_REPLACED => EventKind::GuardInterfaceReplaced(route()?.key()),
            EVENT_INTERFACE_CHANGED => {
                let luid = Some(event.row.interface_luid).filter(|luid| *luid != 0);
                EventKind::InterfaceChanged(luid.map(Interface::Luid))
            }
            EVENT_RESYNC => EventKind::Resync,
            other => return Err(malformed(Malformed::EventKind(other))),
        };
        Ok(Self {
            sequence: event.sequence,
            kind,
            made_by_me: event.flags & EVENT_MADE_BY_ME != 0,
            guard_owner: (event.guard_handle != 0).then_some(GuardOwner {
                handle: event.guard_handle,
                process_id: event.guard_process_id,
            }),
        })
    }
}
