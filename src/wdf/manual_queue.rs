//! The manual queue: requests that wait for an event.

use core::marker::PhantomData;
use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::{
    _WDF_IO_QUEUE_DISPATCH_TYPE, _WDF_TRI_STATE, ULONG, WDF_IO_QUEUE_CONFIG, WDFQUEUE, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use super::device::Device;
use super::irql::PassiveLevel;
use super::kept_request::{KeptRequest, RequestValue};
use super::queue;
use super::request::Request;
use super::structure_size;

/// `STATUS_WDF_BUSY`: a queue takes no requests.
const WDF_BUSY: NtStatus = NtStatus::new(0xC020_0204);

/// `STATUS_NO_MORE_ENTRIES`: a search has come to the end of a queue.
const NO_MORE_ENTRIES: NtStatus = NtStatus::new(0x8000_001A);

/// A queue out of which the driver takes requests. While a request is in it, the framework completes
/// it as cancelled when its caller cancels it or closes its handle.
pub(crate) struct ManualQueue<V> {
    queue: WDFQUEUE,
    values: PhantomData<fn() -> V>,
}

// SAFETY: the framework's functions may be called with a queue by any thread.
unsafe impl<V> Send for ManualQueue<V> {}
// SAFETY: as above.
unsafe impl<V> Sync for ManualQueue<V> {}

impl<V: RequestValue> ManualQueue<V> {
    /// `WdfIoQueueCreate`, manual. It is not power-managed: its requests wait on while the computer
    /// sleeps, and [`purge`](Self::purge) cancels them if the device is removed.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(crate) fn new(_level: &PassiveLevel, device: &Device) -> Result<Self, NtStatus> {
        let mut config = WDF_IO_QUEUE_CONFIG {
            Size: structure_size::<WDF_IO_QUEUE_CONFIG>(),
            DispatchType: _WDF_IO_QUEUE_DISPATCH_TYPE::WdfIoQueueDispatchManual,
            PowerManaged: _WDF_TRI_STATE::WdfFalse,
            ..WDF_IO_QUEUE_CONFIG::default()
        };
        let mut attributes = queue::attributes();
        let mut queue = null_mut();
        // SAFETY: the device is live, for it is being created; both structures are copied.
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
        Ok(Self {
            queue,
            values: PhantomData,
        })
    }

    /// `WdfRequestForwardToIoQueue`: adds a request. If the queue refuses it, the request is completed
    /// with the status; after [`purge`](Self::purge) as cancelled.
    ///
    /// # Errors
    ///
    /// The status with which the framework refused, unless the queue was purged.
    pub(crate) fn park(&self, request: KeptRequest<V>) -> Result<(), NtStatus> {
        let request = request.into_request().into_raw();
        // SAFETY: the request is owned, not completed and not marked cancelable; the queue is of
        // the same device.
        let status = NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(WdfRequestForwardToIoQueue, request, self.queue)
        });
        let Err(status) = status.into_result() else {
            return Ok(());
        };
        let (answer, outcome) = match status {
            WDF_BUSY => (NtStatus::CANCELLED, Ok(())),
            status => (status, Err(status)),
        };
        // SAFETY: the queue did not take the request, so the driver still owns it.
        unsafe { Request::from_framework(request) }.complete(Err(answer));
        outcome
    }

    /// `WdfIoQueuePurge`: cancels all requests, and refuses new ones.
    pub(crate) fn purge(&self, _level: &PassiveLevel) {
        // SAFETY: the queue lives as long as its device, whose state this is; without a callback
        // the context is not used.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfIoQueuePurge, self.queue, None, null_mut());
        }
    }

    /// Takes the oldest request out whose value `wanted` selects. It is asked about each value, with
    /// the number of requests before it. The others stay where they are.
    pub(crate) fn take(&self, wanted: &mut dyn FnMut(u32, &V) -> bool) -> Option<KeptRequest<V>> {
        // A request may leave the queue while it is looked at: then the search begins again at 0.
        for _ in 0..=self.waiting() {
            match self.search(wanted) {
                Search::Taken(request) => return Some(request),
                Search::None => return None,
                Search::Disturbed => {}
            }
        }
        None
    }

    /// Looks at each request once.
    fn search(&self, wanted: &mut dyn FnMut(u32, &V) -> bool) -> Search<V> {
        let mut last = None;
        let mut seen: ULONG = 0;
        loop {
            let found = match self.find(last.as_ref()) {
                Ok(found) => found,
                Err(NO_MORE_ENTRIES) if seen >= self.waiting() => return Search::None,
                Err(_) => return Search::Disturbed,
            };
            if found.value::<V>().is_some_and(|value| wanted(seen, &value)) {
                return self.retrieve(&found);
            }
            seen = seen.saturating_add(1);
            last = Some(found);
        }
    }

    /// `WdfIoQueueFindRequest`: the first request, or the one behind `last`.
    ///
    /// # Errors
    ///
    /// `STATUS_NO_MORE_ENTRIES`: there is no more. `STATUS_NOT_FOUND`: `last` has left the queue.
    fn find(&self, last: Option<&FoundRequest>) -> Result<FoundRequest, NtStatus> {
        let last = last.map_or(null_mut(), |last| last.0);
        let mut found = null_mut();
        // SAFETY: the queue lives as long as its device, whose state this is; `last` is null or
        // referenced; without a file object and parameters every request counts.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueFindRequest,
                self.queue,
                last,
                null_mut(),
                null_mut(),
                &raw mut found,
            )
        })
        .into_result()?;
        Ok(FoundRequest(found))
    }

    /// `WdfIoQueueRetrieveFoundRequest`: takes out a request that was found.
    fn retrieve(&self, found: &FoundRequest) -> Search<V> {
        let mut request = null_mut();
        // SAFETY: the queue lives as long as its device, whose state this is; the request is
        // referenced; the result is a local.
        let status = NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueRetrieveFoundRequest,
                self.queue,
                found.0,
                &raw mut request,
            )
        });
        if status != NtStatus::SUCCESS {
            return Search::Disturbed;
        }
        // SAFETY: the framework has just handed this request over.
        let request = unsafe { Request::from_framework(request) };
        // SAFETY: only `park` puts requests into this queue.
        Search::Taken(unsafe { KeptRequest::from_request(request) })
    }

    /// `WdfIoQueueGetState`: the number of requests.
    pub(crate) fn waiting(&self) -> ULONG {
        let (mut queued, mut owned) = (0, 0);
        // SAFETY: the queue lives as long as its device, whose state this is; both results are
        // locals.
        let _state = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueGetState,
                self.queue,
                &raw mut queued,
                &raw mut owned,
            )
        };
        queued
    }
}

/// What a search for a request came to.
enum Search<V> {
    Taken(KeptRequest<V>),
    /// No request is wanted.
    None,
    /// A request left the queue while it was looked at, or the framework failed to look.
    Disturbed,
}

/// A request that is in a queue, or was when it was found. The framework owns it; a reference keeps
/// its context.
struct FoundRequest(WDFREQUEST);

impl FoundRequest {
    /// The value that is kept with the request.
    fn value<V: RequestValue>(&self) -> Option<V> {
        // SAFETY: the request is referenced.
        let context = unsafe { V::CONTEXT.find::<V>(self.0.cast()) }?;
        // SAFETY: a request has its value before it is put into a queue, and keeps it for as long
        // as it is referenced.
        Some(unsafe { context.cast::<V>().read() })
    }
}

impl Drop for FoundRequest {
    fn drop(&mut self) {
        // SAFETY: `WdfIoQueueFindRequest` added the reference, which is given up once.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfObjectDereferenceActual,
                self.0.cast(),
                null_mut(),
                0,
                c"".as_ptr().cast_mut(),
            );
        }
    }
}
