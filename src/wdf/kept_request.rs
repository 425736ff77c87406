//! A request that waits, with a value that the driver keeps in the request's context space.

use core::marker::PhantomData;
use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::call_unsafe_wdf_function_binding;

use super::context::ContextType;
use super::object_attributes;
use super::request::Request;

/// A value that is kept with a request.
pub(crate) trait RequestValue: Copy + Send + 'static {
    /// The context type of `Self`.
    const CONTEXT: &'static ContextType;
}

/// A request with a value.
pub(crate) struct KeptRequest<V> {
    request: Request,
    value: PhantomData<V>,
}

impl<V: RequestValue> KeptRequest<V> {
    /// `WdfObjectAllocateContext`: keeps a value with a request that has none. If the framework
    /// refuses, the request is completed with the status.
    ///
    /// # Errors
    ///
    /// The status with which the request was completed.
    pub(super) fn new(request: Request, value: V) -> Result<Self, NtStatus> {
        let mut attributes = object_attributes();
        V::CONTEXT.request(&mut attributes);
        let mut context = null_mut();
        // SAFETY: the request is owned and not completed; the attributes are copied; the result is
        // a local.
        let status = NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfObjectAllocateContext,
                request.as_object(),
                &raw mut attributes,
                &raw mut context,
            )
        });
        if let Err(status) = status.into_result() {
            request.complete(Err(status));
            return Err(status);
        }
        // SAFETY: the framework has just allocated the context, as large as a `V` and aligned as
        // pool is.
        unsafe { context.cast::<V>().write(value) };
        Ok(Self {
            request,
            value: PhantomData,
        })
    }

    /// # Safety
    ///
    /// The request was a `KeptRequest<V>` before.
    pub(super) const unsafe fn from_request(request: Request) -> Self {
        Self {
            request,
            value: PhantomData,
        }
    }

    /// The request without its value.
    pub(super) fn into_request(self) -> Request {
        self.request
    }

    /// The value; `None` if the framework does not find it.
    pub(crate) fn value(&self) -> Option<V> {
        // SAFETY: the request is owned and not completed.
        let context = unsafe { V::CONTEXT.find::<V>(self.request.as_object()) }?;
        // SAFETY: `new` wrote the value, which is live as long as the request.
        Some(unsafe { context.cast::<V>().read() })
    }

    /// The memory for the answer.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(crate) fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        let (_code, _input_length, output_length) = self.request.device_control()?;
        self.request.output(output_length)
    }

    /// Completes the request, with the number of bytes written.
    pub(crate) fn complete(self, outcome: Result<usize, NtStatus>) {
        self.request.complete(outcome);
    }
}
