//! Changes of the route table, as they come.

mod cancel_handle;
mod event;
mod filter;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use abi::operation::call;
use abi::watch::{RING_EVENTS, WATCH_NO_WAIT};
use abi::{AddressFamily, WatchRequest};

use crate::device::Device;
use crate::error::Error;
use crate::reason::Reason;
use crate::route::Route;

pub use cancel_handle::CancelHandle;
pub(crate) use cancel_handle::Flag;
pub use event::{Event, EventKind};
pub use filter::WatchFilter;

/// The changes of the route table that a [`Device`] sees. See [`Device::watch`].
///
/// As an iterator it waits for the next event, and ends when it is [stopped](Self::cancel_handle). After
/// [`EventKind::Resync`] events were lost: [`snapshot`](Self::snapshot) reads the table anew and
/// goes on from there. The first failure is told and ends it.
#[derive(Debug)]
pub struct Watch<'a> {
    device: &'a Device,
    request: WatchRequest,
    ready: VecDeque<Event>,
    lost: u64,
    ended: bool,
    flag: Arc<Flag>,
}

impl<'a> Watch<'a> {
    pub(crate) fn begin(
        device: &'a Device,
        filter: &WatchFilter,
        flag: Arc<Flag>,
    ) -> Result<Self, Error> {
        if device.watched().swap(true, Ordering::AcqRel) {
            return Err(Error::WatchedAlready);
        }
        let mut watch = Self {
            device,
            request: filter.into(),
            ready: VecDeque::new(),
            lost: 0,
            ended: false,
            flag,
        };
        watch.fetch(WATCH_NO_WAIT)?;
        // An earlier watch of the device with the same filter may have left some.
        watch.ready.clear();
        Ok(watch)
    }

    /// The events that have come and were not told yet, without waiting for any.
    ///
    /// [`EventKind::Resync`] is the last of those it comes with: what came after it is for the next
    /// call, unless a [`snapshot`](Self::snapshot) has it first.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn poll(&mut self) -> Result<Vec<Event>, Error> {
        self.fetch(WATCH_NO_WAIT)?;
        let is_resync = |event: &Event| event.kind == EventKind::Resync;
        let told = match self.ready.iter().position(is_resync) {
            Some(resync) => resync + 1,
            None => self.ready.len(),
        };
        Ok(self.ready.drain(..told).collect())
    }

    /// The routes of the filter's family as they are now. The events after this are those since
    /// then. The first of them may tell what is in the table already: the stack tells a change
    /// after it has made it.
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

    /// How many events were lost since the watch began.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// What ends the watch from another thread, also while it waits.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle<'a> {
        CancelHandle::new(self.device, Arc::clone(&self.flag))
    }

    /// Asks for events and puts them behind those that are ready.
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

    /// The next event; `None` if the watch was stopped.
    fn wait(&mut self) -> Result<Option<Event>, Error> {
        while self.ready.is_empty() {
            let Some(_waiting) = self.flag.clone().enter() else {
                return Ok(None);
            };
            match self.fetch(0) {
                Err(error) if error.reason() == Some(Reason::NotDone) && self.flag.is_set() => {
                    return Ok(None);
                }
                fetched => fetched?,
            }
        }
        Ok(self.ready.pop_front())
    }
}

impl Iterator for Watch<'_> {
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

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.device.watched().store(false, Ordering::Release);
    }
}
