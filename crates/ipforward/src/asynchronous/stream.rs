//! A watch as a stream.
//!
//! The stream has a thread that waits in `DeviceIoControl` and sends the events through a channel. So
//! it works with any executor, and the same way on Windows and with the host. The channel is short:
//! unread events stay in the driver's queue.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};

use abi::{AddressFamily, WatchRequest};
use async_channel::{Receiver, Sender};
use futures_core::Stream;

use super::AsyncDevice;
use crate::device::{CancelFlag, CancelHandle, Device, Watch};
use crate::error::Error;
use crate::route::Route;
use crate::watch::{Event, WatchFilter};

/// How many events the thread sends before it waits for the reader.
const READ_AHEAD: usize = 16;

/// The changes of the route table, as a [`Stream`] of the events of a [`Watch`].
///
/// It yields the first error and then ends. Dropping it cancels the call that waits in the driver,
/// and waits for the call to end.
#[derive(Debug)]
#[must_use = "a stream yields nothing unless it is polled"]
pub struct WatchStream {
    /// Dropped before the worker, which may be waiting to send an event.
    events: Pin<Box<Receiver<Result<Event, Error>>>>,
    worker: WatchThread,
    family: AddressFamily,
    /// The last snapshot covers the events up to this number.
    after: u64,
}

/// The thread that waits in the driver. Dropping it ends the thread.
#[derive(Debug)]
struct WatchThread {
    device: Arc<Device>,
    flag: Arc<CancelFlag>,
    thread: Option<JoinHandle<()>>,
}

impl WatchStream {
    pub(super) async fn begin(device: Arc<Device>, filter: WatchFilter) -> Result<Self, Error> {
        let (began, beginning) = async_channel::bounded(1);
        let (sender, events) = async_channel::bounded(READ_AHEAD);
        let worker = WatchThread::start(device, filter, began, sender)?;
        let stream = Self {
            events: Box::pin(events),
            worker,
            family: AddressFamily(WatchRequest::from(&filter).family),
            after: 0,
        };
        // A thread that ends without a result has panicked.
        let gone = Error::HostGone {
            kind: io::ErrorKind::Other,
        };
        beginning.recv().await.unwrap_or(Err(gone))?;
        Ok(stream)
    }

    /// The routes of the filter's family as they are now. Later events are the changes since then.
    /// The first of them may repeat a change that the table has already: the stack sends a
    /// notification after it has made the change.
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

impl WatchThread {
    fn start(
        device: Arc<Device>,
        filter: WatchFilter,
        began: Sender<Result<(), Error>>,
        events: Sender<Result<Event, Error>>,
    ) -> Result<Self, Error> {
        let flag = Arc::<CancelFlag>::default();
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

impl Drop for WatchThread {
    fn drop(&mut self) {
        CancelHandle::new(Device::clone(&self.device), Arc::clone(&self.flag)).cancel();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// Reads events until the watch or the stream ends.
fn read(
    device: &Device,
    filter: &WatchFilter,
    flag: Arc<CancelFlag>,
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
