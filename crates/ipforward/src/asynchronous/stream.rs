//! A watch as a stream.
//!
//! `DeviceIoControl` is awaited by a thread of the stream's own, which reads events and hands them
//! over. So no executor is needed, and Windows and the host are the same. The thread takes no more
//! from the driver than is read from it: an event that nobody reads stays in the driver's memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};

use abi::{AddressFamily, WatchRequest};
use async_channel::{Receiver, Sender};
use futures_core::Stream;

use super::AsyncDevice;
use crate::device::Device;
use crate::error::Error;
use crate::route::Route;
use crate::watch::{CancelHandle, Event, Flag, Watch, WatchFilter};

/// How many events the thread hands over before it waits for the reader.
const READ_AHEAD: usize = 16;

/// The changes of the route table, as a [`Stream`] of what [`Watch`] tells.
///
/// The first failure is told and ends it. Dropping it cancels the call that waits in the driver, and
/// returns when that has ended, which is at once.
#[derive(Debug)]
#[must_use = "a stream tells nothing unless it is polled"]
pub struct WatchStream {
    /// Dropped before the worker, which may be waiting to hand an event over.
    events: Pin<Box<Receiver<Result<Event, Error>>>>,
    worker: Worker,
    family: AddressFamily,
    /// Events up to this one are in the last snapshot.
    after: u64,
}

/// The thread that waits in the driver. Dropping this ends it.
#[derive(Debug)]
struct Worker {
    device: Arc<Device>,
    flag: Arc<Flag>,
    thread: Option<JoinHandle<()>>,
}

impl WatchStream {
    pub(super) async fn begin(device: Arc<Device>, filter: WatchFilter) -> Result<Self, Error> {
        let (began, beginning) = async_channel::bounded(1);
        let (sender, events) = async_channel::bounded(READ_AHEAD);
        let worker = Worker::start(device, filter, began, sender)?;
        let stream = Self {
            events: Box::pin(events),
            worker,
            family: AddressFamily(WatchRequest::from(&filter).family),
            after: 0,
        };
        // A thread that ends without a word has panicked.
        let gone = Error::HostGone {
            kind: io::ErrorKind::Other,
        };
        beginning.recv().await.unwrap_or(Err(gone))?;
        Ok(stream)
    }

    /// The routes of the filter's family as they are now. The events after this are those since
    /// then. The first of them may tell what is in the table already: the stack tells a change
    /// after it has made it.
    ///
    /// # Errors
    ///
    /// As [`Device::routes`].
    pub async fn snapshot(&mut self) -> Result<Vec<Route>, Error> {
        let family = self.family;
        let (routes, sequence) = AsyncDevice::new(Arc::clone(&self.worker.device))
            .call(move |device| device.routes_with_sequence(family))
            .await?;
        self.after = self.after.max(sequence.unwrap_or(0));
        Ok(routes)
    }
}

impl Stream for WatchStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.events.as_mut().poll_next(context)) {
                Some(Ok(event)) if event.sequence <= self.after => {}
                next => return Poll::Ready(next),
            }
        }
    }
}

impl Worker {
    fn start(
        device: Arc<Device>,
        filter: WatchFilter,
        began: Sender<Result<(), Error>>,
        events: Sender<Result<Event, Error>>,
    ) -> Result<Self, Error> {
        let flag = Arc::<Flag>::default();
        let thread = thread::Builder::new()
            .name("ipforward watch".into())
            .spawn({
                let (device, flag) = (Arc::clone(&device), Arc::clone(&flag));
                move || read(&device, &filter, flag, &began, &events)
            })
            .map_err(|error| Error::NoThread { kind: error.kind() })?;
        Ok(Self {
            device,
            flag,
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        CancelHandle::new(&self.device, Arc::clone(&self.flag)).stop();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

/// Reads events until the watch ends or nobody wants them any more.
fn read(
    device: &Device,
    filter: &WatchFilter,
    flag: Arc<Flag>,
    began: &Sender<Result<(), Error>>,
    events: &Sender<Result<Event, Error>>,
) {
    let (beginning, watch) = match Watch::begin(device, filter, flag) {
        Ok(watch) => (Ok(()), Some(watch)),
        Err(error) => (Err(error), None),
    };
    if began.send_blocking(beginning).is_err() {
        return;
    }
    for event in watch.into_iter().flatten() {
        if events.send_blocking(event).is_err() {
            return;
        }
    }
}
