//! What the driver keeps for each open handle.

use abi::MibIpForwardRow2;

use crate::table::Snapshots;

/// The state of one handle, behind a [`Lock`].
#[derive(Debug)]
pub struct Handle<T> {
    /// The table snapshot that the handle is reading.
    pub snapshots: Snapshots<T>,
}

impl<T> Default for Handle<T> {
    fn default() -> Self {
        Self {
            snapshots: Snapshots::default(),
        }
    }
}

impl<T: AsRef<[MibIpForwardRow2]>> Handle<T> {
    /// Gives up all that the handle holds, for its last user has closed it.
    ///
    /// What is returned is the caller's to drop, once no lock is held.
    #[must_use = "dropping a table gives memory back, which is better done without a lock"]
    pub fn release(&mut self) -> Option<T> {
        self.snapshots.release()
    }
}

/// Exclusive access to a value, for the time of a call.
pub trait Lock<T> {
    /// Runs `body` while nobody else can see the value. It must not come back for the same lock.
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R;
}
