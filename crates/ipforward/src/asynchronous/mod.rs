//! Calls as futures and a watch as a stream (feature `async`), on any executor.
//!
//! The driver answers most calls in microseconds: an asynchronous function can make them directly.
//! [`AsyncDevice::call`] is for longer calls, such as a large batch or a whole table, and
//! [`AsyncDevice::watch`] for events, which can take any time.

mod stream;

use std::sync::Arc;

use crate::device::Device;
use crate::error::Error;
use crate::watch::WatchFilter;

pub use stream::WatchStream;

/// A [`Device`] for asynchronous programs. Clones share the device.
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
    /// Wraps the device.
    #[must_use]
    pub fn new(device: impl Into<Arc<Device>>) -> Self {
        Self(device.into())
    }

    /// The device, for short calls.
    #[must_use]
    pub const fn device(&self) -> &Arc<Device> {
        &self.0
    }

    /// Makes any call on a thread that may block.
    ///
    /// Dropping the future does not end a call that has begun; [`Device::cancel`] does.
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
