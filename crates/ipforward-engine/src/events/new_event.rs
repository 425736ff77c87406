//! An event on its way into the rings.

use super::event::LoggedEvent;
use super::store::{EventId, EventStore};

/// An event for several rings. It gets into the store with the first one, and stays there until all of
/// them have released it.
#[derive(Debug)]
pub(super) struct NewEvent<'a> {
    store: &'a mut EventStore,
    event: LoggedEvent,
    id: Option<EventId>,
    rings: u16,
}

impl<'a> NewEvent<'a> {
    pub(super) const fn new(store: &'a mut EventStore, event: LoggedEvent) -> Self {
        Self {
            store,
            event,
            id: None,
            rings: 0,
        }
    }

    pub(super) const fn event(&self) -> &LoggedEvent {
        &self.event
    }

    /// The store of the event.
    pub(super) const fn store(&mut self) -> &mut EventStore {
        self.store
    }

    /// The id of the event for one more ring. `None`: there is no room.
    pub(super) fn id(&mut self) -> Option<EventId> {
        if self.id.is_none() {
            self.id = self.store.add(&self.event);
        }
        self.rings = self.rings.saturating_add(1);
        self.id
    }
}

impl Drop for NewEvent<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.store.set_rings(id, self.rings);
        }
    }
}
