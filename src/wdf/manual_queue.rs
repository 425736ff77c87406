//! The manual queue: requests that wait for something to happen.

use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::{
    _WDF_IO_QUEUE_DISPATCH_TYPE, _WDF_TRI_STATE, ULONG, WDF_IO_QUEUE_CONFIG, WDFQUEUE,
    call_unsafe_wdf_function_binding,
};

use super::device::Device;
use super::irql::PassiveLevel;
use super::queue;
use super::request::Request;
use super::structure_size;

/// `STATUS_WDF_BUSY`: a queue takes no requests.
const WDF_BUSY: NtStatus = NtStatus::new(0xC020_0204);

/// A queue out of which the driver takes requests. While they are in it, the framework cancels
/// them by itself, when their caller wants it or their handle is closed.
pub(crate) struct ManualQueue(WDFQUEUE);

// SAFETY: the framework's functions may be called with a queue by any thread.
unsafe impl Send for ManualQueue {}
// SAFETY: as above.
unsafe impl Sync for ManualQueue {}

impl ManualQueue {
    /// `WdfIoQueueCreate`, manual. It is not power-managed: what waits in it goes on waiting while
    /// the machine sleeps, and is ended by [`purge`](Self::purge) if the device goes.
    ///
    /// # Errors
    ///
    /// What the framework answers.
    pub(crate) fn new(_level: &PassiveLevel<'_>, device: &Device) -> Result<Self, NtStatus> {
        let mut config = WDF_IO_QUEUE_CONFIG {
            Size: structure_size::<WDF_IO_QUEUE_CONFIG>(),
            DispatchType: _WDF_IO_QUEUE_DISPATCH_TYPE::WdfIoQueueDispatchManual,
            PowerManaged: _WDF_TRI_STATE::WdfFalse,
            ..WDF_IO_QUEUE_CONFIG::default()
        };
        let mut attributes = queue::attributes();
        let mut queue = null_mut();
        // SAFETY: the device is live, for it is being made; both structures are copied.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueCreate,
                device.as_raw(),
                &raw mut config,
                &raw mut attributes,
                &raw mut queue,
            )
        })
        .into_result()?;
        Ok(Self(queue))
    }

    /// `WdfRequestForwardToIoQueue`: the request waits. If the queue does not take it, it is
    /// answered with the reason; after [`purge`](Self::purge) as what waited then.
    pub(crate) fn park(&self, request: Request) {
        let request = request.into_raw();
        // SAFETY: the request is owned, not completed and not marked cancelable; the queue is of
        // the same device.
        let status = NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(WdfRequestForwardToIoQueue, request, self.0)
        });
        if let Err(status) = status.into_result() {
            let status = match status {
                WDF_BUSY => NtStatus::CANCELLED,
                status => status,
            };
            // SAFETY: the queue did not take the request, so the driver still owns it.
            unsafe { Request::from_framework(request) }.complete(Err(status));
        }
    }

    /// `WdfIoQueuePurge`: what waits is cancelled, and nothing can be parked any more.
    pub(crate) fn purge(&self, _level: &PassiveLevel<'_>) {
        // SAFETY: the queue lives as long as its device, whose state this is; without a callback
        // the context is not looked at.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfIoQueuePurge, self.0, None, null_mut());
        }
    }

    /// `WdfIoQueueRetrieveNextRequest`: the request that waits longest.
    pub(crate) fn take(&self) -> Option<Request> {
        let mut request = null_mut();
        // SAFETY: the queue lives as long as its device, whose state this is.
        let status = NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueRetrieveNextRequest,
                self.0,
                &raw mut request,
            )
        });
        if status == NtStatus::SUCCESS {
            // SAFETY: the framework has just handed this request over.
            Some(unsafe { Request::from_framework(request) })
        } else {
            None
        }
    }

    /// `WdfIoQueueGetState`: how many requests wait now.
    pub(crate) fn waiting(&self) -> ULONG {
        let (mut queued, mut owned) = (0, 0);
        // SAFETY: the queue lives as long as its device, whose state this is; both results are
        // locals.
        let _state = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueGetState,
                self.0,
                &raw mut queued,
                &raw mut owned,
            )
        };
        queued
    }
}
