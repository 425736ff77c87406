//! Watching.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Device;
use crate::error::Error;
use crate::watch::{Watch, WatchFilter};

impl Device {
    /// Begins to watch the route table (`WATCH`). Events are kept from now on; to have the table
    /// and what changes after it, call [`Watch::snapshot`] next.
    ///
    /// A watch that waits holds up no other call on this device.
    ///
    /// ```no_run
    /// use ipforward::{Device, EventKind, WatchFilter};
    ///
    /// let device = Device::open_default()?;
    /// let mut watch = device.watch(&WatchFilter::new())?;
    /// let mut routes = watch.snapshot()?;
    /// while let Some(event) = watch.next() {
    ///     match event?.kind {
    ///         EventKind::Resync => routes = watch.snapshot()?,
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok::<(), ipforward::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::WatchedAlready`] if there is a watch of this device; [`Error::Refused`] with what
    /// the driver answers, among others that too many handles watch.
    pub fn watch(&self, filter: &WatchFilter) -> Result<Watch<'_>, Error> {
        Watch::begin(self, filter, Arc::default())
    }

    pub(crate) const fn watched(&self) -> &AtomicBool {
        &self.watched
    }
}
