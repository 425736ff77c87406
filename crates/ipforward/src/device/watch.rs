//! Watching the route table.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::operation::call;
use abi::watch::{RING_EVENTS, WATCH_NO_WAIT};
use abi::{AddressFamily, WatchRequest};

use super::Device;
use super::cancel_handle::{CancelFlag, CancelHandle};
use crate::error::Error;
use crate::reason::Reason;
use crate::route::Route;
use crate::watch::{Event, EventKind, WatchFilter};

impl Device {
    /// Begins to watch the route table (`WATCH`). The driver keeps events from now on. To read the
    /// table and then every later change, call [`Watch::snapshot`] next.
    ///
    /// A waiting watch blocks no other call on this device. A device can have several watches, each
    /// with another filter: the driver has one event queue for each filter of a handle.
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
    /// [`Error::WatchedAlready`] if this device has a watch with this filter; [`Error::Refused`] with the driver's
    /// status, for example if all handles together use too many filters, or if this device has
    /// used [`WATCH_FILTERS_MAX`](abi::watch::WATCH_FILTERS_MAX) of them: then open another device.
    pub fn watch(&self, filter: &WatchFilter) -> Result<Watch, Error> {
        Watch::begin(self, filter, Arc::default())
    }
}

/// The changes of the route table, as a [`Device`] reads them. See [`Device::watch`].
///
/// As an iterator it waits for the next event, and ends when it is [cancelled](Self::cancel_handle).
/// After [`EventKind::Resync`], events were lost: [`snapshot`](Self::snapshot) reads the table again
/// and continues from there. The iterator yields the first error and then ends.
#[derive(Debug)]
pub struct Watch {
    device: Device,
    filter: WatchRequest,
    /// The next call: the filter, and the number of the last event.
    request: WatchRequest,
    ready: VecDeque<Event>,
    lost: u64,
    ended: bool,
    flag: Arc<CancelFlag>,
}

impl Watch {
    pub(crate) fn begin(
        device: &Device,
        filter: &WatchFilter,
        flag: Arc<CancelFlag>,
    ) -> Result<Self, Error> {
        let request = WatchRequest::from(filter);
        let mut watched = lock(&device.0.watched);
        if watched.contains(&request) {
            return Err(Error::WatchedAlready);
        }
        watched.push(request);
        drop(watched);
        let mut watch = Self {
            device: device.clone(),
            filter: request,
            request,
            ready: VecDeque::new(),
            lost: 0,
            ended: false,
            flag,
        };
        watch.fetch(WATCH_NO_WAIT)?;
        // An earlier watch of the device with the same filter may have left events behind.
        watch.ready.clear();
        Ok(watch)
    }

    /// The events that are ready now, without waiting.
    ///
    /// [`EventKind::Resync`] is the last event of a call: the next call returns the later ones,
    /// unless a [`snapshot`](Self::snapshot) covers them first.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn poll(&mut self) -> Result<Vec<Event>, Error> {
        self.fetch(WATCH_NO_WAIT)?;
        let is_resync = |event: &Event| event.kind == EventKind::Resync;
        let count = match self.ready.iter().position(is_resync) {
            Some(resync) => resync + 1,
            None => self.ready.len(),
        };
        Ok(self.ready.drain(..count).collect())
    }

    /// The routes of the filter's family as they are now. Later events are the changes since then.
    /// The first of them may repeat a change that the table has already: the stack sends a
    /// notification after it has made the change.
    ///
    /// # Errors
    ///
    /// As [`Device::routes`].
    pub fn snapshot(&mut self) -> Result<Vec<Route>, Error> {
        let family = AddressFamily(self.request.family);
        let (routes, sequence) = self.device.routes_with_sequence(family)?;
        if let Some(sequence) = sequence {
            self.ready.retain(|event| event.sequence > sequence);
            self.request.after_sequence = self.request.after_sequence.max(sequence);
        }
        Ok(routes)
    }

    /// The number of events that were lost since the watch began.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Cancels the watch from another thread, also while it waits.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.device.clone(), Arc::clone(&self.flag))
    }

    /// Requests events and appends them to those that are ready.
    fn fetch(&mut self, flags: u32) -> Result<(), Error> {
        let request = WatchRequest {
            flags: self.request.flags | flags,
            ..self.request
        };
        let (header, rows) = self
            .device
            .call_for_rows::<call::Watch>(&request, RING_EVENTS)?;
        for row in &rows {
            self.ready.push_back(Event::read(row)?);
        }
        self.request.after_sequence = self.request.after_sequence.max(header.sequence);
        self.lost = header.lost;
        Ok(())
    }

    fn cancellations(&self) -> u64 {
        self.device.0.cancellations.load(Ordering::Acquire)
    }

    /// The next event; `None` if the watch was cancelled.
    fn wait(&mut self) -> Result<Option<Event>, Error> {
        while self.ready.is_empty() {
            let Some(_waiting) = self.flag.clone().enter() else {
                return Ok(None);
            };
            let cancellations = self.cancellations();
            match self.fetch(0) {
                Err(error) if error.reason() == Some(Reason::NotDone) => {
                    if self.flag.is_set() {
                        return Ok(None);
                    }
                    if self.cancellations() == cancellations {
                        return Err(error);
                    }
                    // Another watch of the device was cancelled.
                }
                fetched => fetched?,
            }
        }
        Ok(self.ready.pop_front())
    }
}

impl Iterator for Watch {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.wait().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.device.0.watched).retain(|filter| *filter != self.filter);
    }
}

/// Locks, also after a thread panicked with the lock: no state is left half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
