//! Calls as futures and a watch as a stream (feature `async`), on any executor.
//!
//! The driver answers most calls at once, in microseconds: these can be made from an asynchronous
//! function as they are. [`AsyncDevice::call`] is for those that take longer, such as a large batch
//! or a whole table, and [`AsyncDevice::watch`] for what is waited for without end.

mod stream;

use std::sync::Arc;

use crate::device::Device;
use crate::error::Error;
use crate::watch::WatchFilter;

pub use stream::WatchStream;

/// A [`Device`] for programs that wait for many things at once. Clones are of the same device.
///
/// ```no_run
/// use futures_lite::StreamExt;
/// use ipforward::asynchronous::AsyncDevice;
/// use ipforward::{Batch, Device, EventKind, WatchFilter};
///
/// # async fn follow(batch: Batch) -> Result<(), ipforward::Error> {
/// let device = AsyncDevice::new(Device::open_default()?);
/// let outcome = device.call(move |device| device.apply(&batch)).await?;
/// assert!(outcome.is_success());
///
/// let mut events = device.watch(&WatchFilter::new()).await?;
/// let mut routes = events.snapshot().await?;
/// while let Some(event) = events.next().await {
///     match event?.kind {
///         EventKind::Resync => routes = events.snapshot().await?,
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AsyncDevice(Arc<Device>);

impl AsyncDevice {
    /// The same device, for asynchronous functions.
    #[must_use]
    pub fn new(device: impl Into<Arc<Device>>) -> Self {
        Self(device.into())
    }

    /// The device itself, for calls that are answered at once.
    #[must_use]
    pub const fn device(&self) -> &Arc<Device> {
        &self.0
    }

    /// Makes any call, on a thread that may wait.
    ///
    /// A call that has begun goes on to its end if the future is dropped, as the driver's change of
    /// the table would; [`Device::cancel`] ends it.
    pub async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Device) -> T + Send + 'static,
    ) -> T {
        let device = Arc::clone(&self.0);
        blocking::unblock(move || call(&device)).await
    }

    /// Begins to watch the route table, as [`Device::watch`] does.
    ///
    /// # Errors
    ///
    /// As [`Device::watch`].
    pub async fn watch(&self, filter: &WatchFilter) -> Result<WatchStream, Error> {
        WatchStream::begin(Arc::clone(&self.0), *filter).await
    }
}

impl From<Device> for AsyncDevice {
    fn from(device: Device) -> Self {
        Self::new(device)
    }
}
