//! What the driver keeps for each open handle.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::alloc::NONE;
use crate::snapshots::Snapshots;

/// Handles that were opened.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// The state of one handle, behind a [`Lock`].
#[derive(Debug)]
pub struct HandleState<Routes, Interfaces> {
    /// Its number, which no other handle ever has.
    number: u64,
    /// The process that opened it.
    process_id: u32,
    /// Its place in the leases, once it has one.
    holder: u32,
    /// Whether its last user has closed it.
    closed: bool,
    /// The snapshot of the route table that the handle is reading.
    pub routes: Snapshots<Routes>,
    /// The snapshot of the interface table that the handle is reading.
    pub interfaces: Snapshots<Interfaces>,
}

impl<Routes, Interfaces> Default for HandleState<Routes, Interfaces> {
    /// A handle of nobody's.
    fn default() -> Self {
        Self::opened_by(0)
    }
}

impl<Routes, Interfaces> HandleState<Routes, Interfaces> {
    /// A handle that this process opened.
    #[must_use]
    pub fn opened_by(process_id: u32) -> Self {
        Self {
            number: OPENED.fetch_add(1, Ordering::Relaxed).wrapping_add(1),
            process_id,
            holder: NONE,
            closed: false,
            routes: Snapshots::default(),
            interfaces: Snapshots::default(),
        }
    }

    /// Gives up the tables that the handle is reading, for its last user has closed it. From now
    /// on it takes no leases.
    ///
    /// What is returned is the caller's to drop, once no lock is held.
    #[must_use = "dropping a table gives memory back, which is better done without a lock"]
    pub(crate) fn close(&mut self) -> (Option<Routes>, Option<Interfaces>) {
        self.closed = true;
        self.holder = NONE;
        (self.routes.release(), self.interfaces.release())
    }

    /// Its number.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// The process that opened it.
    pub(crate) const fn process_id(&self) -> u32 {
        self.process_id
    }

    /// Its place in the leases; or [`NONE`].
    pub(crate) const fn holder(&self) -> u32 {
        self.holder
    }

    /// Takes a place in the leases.
    pub(crate) const fn set_holder(&mut self, holder: u32) {
        self.holder = holder;
    }

    /// Whether its last user has closed it.
    pub(crate) const fn is_closed(&self) -> bool {
        self.closed
    }
}

/// Exclusive access to a value, for the time of a call.
pub trait Lock<T> {
    /// Runs `body` while nobody else can see the value. It must not come back for the same lock.
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R;
}
