//! What the driver keeps for each open handle.

use crate::handle_id::HandleId;
use crate::leases::records::HandleEntryId;
use crate::snapshots::Snapshots;

/// The state of one handle, behind a [`Lock`](crate::Lock).
#[derive(Debug)]
pub struct HandleState<Routes, Interfaces> {
    id: HandleId,
    process_id: u32,
    /// The entry of the handle in the lease table, once it has one.
    entry: Option<HandleEntryId>,
    closed: bool,
    /// The snapshot of the route table that the handle is reading.
    pub routes: Snapshots<Routes>,
    /// The snapshot of the interface table that the handle is reading.
    pub interfaces: Snapshots<Interfaces>,
}

impl<Routes, Interfaces> Default for HandleState<Routes, Interfaces> {
    /// A handle that no process opened.
    fn default() -> Self {
        Self::opened_by(0)
    }
}

impl<Routes, Interfaces> HandleState<Routes, Interfaces> {
    /// A handle that this process opened.
    #[must_use]
    pub fn opened_by(process_id: u32) -> Self {
        Self {
            id: HandleId::next(),
            process_id,
            entry: None,
            closed: false,
            routes: Snapshots::default(),
            interfaces: Snapshots::default(),
        }
    }

    /// Closes the handle: from now on it takes no leases. Returns the tables that it was reading,
    /// for the caller to drop without a lock.
    #[must_use = "dropping a table frees memory, which is better done without a lock"]
    pub(crate) fn close(&mut self) -> (Option<Routes>, Option<Interfaces>) {
        self.closed = true;
        self.entry = None;
        (self.routes.release(), self.interfaces.release())
    }

    pub(crate) const fn id(&self) -> HandleId {
        self.id
    }

    pub(crate) const fn process_id(&self) -> u32 {
        self.process_id
    }

    /// The entry of the handle in the lease table, if it has one.
    pub(crate) const fn entry(&self) -> Option<HandleEntryId> {
        self.entry
    }

    pub(crate) const fn set_entry(&mut self, entry: HandleEntryId) {
        self.entry = Some(entry);
    }

    /// Whether the last user of the handle has closed it.
    pub(crate) const fn is_closed(&self) -> bool {
        self.closed
    }
}
