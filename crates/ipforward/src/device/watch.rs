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
    /// A watch that waits holds up no other call on this device. To watch through several filters
    /// at a time, open a device for each.
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
    /// the driver answers, among others that all handles together watch through too many filters,
    /// or this device did through as many as it may
    /// ([`WATCH_FILTERS_MAX`](abi::watch::WATCH_FILTERS_MAX)): another device helps.
    pub fn watch(&self, filter: &WatchFilter) -> Result<Watch<'_>, Error> {
        Watch::begin(self, filter, Arc::default())
    }

    pub(crate) const fn watched(&self) -> &AtomicBool {
        &self.watched
    }
}
