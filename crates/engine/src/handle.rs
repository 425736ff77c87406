//! What the driver keeps for each open handle.

use crate::table::Snapshots;

/// The state of one handle, behind a [`Lock`].
#[derive(Debug)]
pub struct Handle<Routes, Interfaces> {
    /// The snapshot of the route table that the handle is reading.
    pub routes: Snapshots<Routes>,
    /// The snapshot of the interface table that the handle is reading.
    pub interfaces: Snapshots<Interfaces>,
}

impl<Routes, Interfaces> Default for Handle<Routes, Interfaces> {
    fn default() -> Self {
        Self {
            routes: Snapshots::default(),
            interfaces: Snapshots::default(),
        }
    }
}

impl<Routes, Interfaces> Handle<Routes, Interfaces> {
    /// Gives up all that the handle holds, for its last user has closed it.
    ///
    /// What is returned is the caller's to drop, once no lock is held.
    #[must_use = "dropping a table gives memory back, which is better done without a lock"]
    pub fn release(&mut self) -> (Option<Routes>, Option<Interfaces>) {
        (self.routes.release(), self.interfaces.release())
    }
}

/// Exclusive access to a value, for the time of a call.
pub trait Lock<T> {
    /// Runs `body` while nobody else can see the value. It must not come back for the same lock.
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R;
}
