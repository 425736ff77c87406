//! Requests: each is answered once, whatever happens.

use core::mem::ManuallyDrop;
use core::ptr::{null_mut, slice_from_raw_parts, slice_from_raw_parts_mut};

use abi::{ControlCode, NtStatus};
use wdk_sys::{
    _WDF_REQUEST_TYPE, NTSTATUS, PVOID, WDF_REQUEST_PARAMETERS, WDFFILEOBJECT, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use super::short_structure_size;

/// A request that this driver owns.
#[must_use = "a request that nobody completes hangs its caller"]
pub(crate) struct Request(WDFREQUEST);

impl Request {
    /// # Safety
    ///
    /// The framework has just handed this request to the driver, which does not own it twice.
    pub(super) unsafe fn from_framework(raw: WDFREQUEST) -> Self {
        Self(raw)
    }

    /// Answers with the number of bytes written, or with a status and no bytes.
    pub(crate) fn complete(self, outcome: Result<usize, NtStatus>) {
        let request = ManuallyDrop::new(self);
        match outcome {
            Ok(bytes) => request.finish(NtStatus::SUCCESS, bytes),
            Err(status) => request.finish(status, 0),
        }
    }

    /// Gives the request up to whoever passes it on.
    pub(super) fn into_raw(self) -> WDFREQUEST {
        ManuallyDrop::new(self).0
    }

    /// `WdfRequestGetParameters`: control code, input length and output length.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_REQUEST`: it is no device control.
    pub(super) fn device_control(&self) -> Result<(ControlCode, usize, usize), NtStatus> {
        let mut parameters = WDF_REQUEST_PARAMETERS {
            Size: short_structure_size::<WDF_REQUEST_PARAMETERS>(),
            ..WDF_REQUEST_PARAMETERS::default()
        };
        // SAFETY: the request is owned and not completed; `parameters` is a local.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfRequestGetParameters, self.0, &raw mut parameters,);
        }
        if parameters.Type != _WDF_REQUEST_TYPE::WdfRequestTypeDeviceControl {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        // SAFETY: the type says which member of the union the framework wrote.
        let parameters = unsafe { parameters.Parameters.DeviceIoControl };
        Ok((
            ControlCode(parameters.IoControlCode),
            parameters.InputBufferLength,
            parameters.OutputBufferLength,
        ))
    }

    /// `WdfRequestIsCanceled`: whether the caller wants no answer any more.
    fn is_cancelled(&self) -> bool {
        // SAFETY: the request is owned, not completed and not marked cancelable.
        unsafe { call_unsafe_wdf_function_binding!(WdfRequestIsCanceled, self.0) != 0 }
    }

    /// `WdfRequestCompleteWithInformation`.
    fn finish(&self, status: NtStatus, bytes: usize) {
        // SAFETY: the request is owned and not completed: the callers give it up with this call.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRequestCompleteWithInformation,
                self.0,
                status.0,
                bytes as u64,
            );
        }
    }

    /// `WdfRequestGetFileObject`: the file object that the request came through.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_HANDLE`: it came without one.
    pub(super) fn file_object(&self) -> Result<WDFFILEOBJECT, NtStatus> {
        // SAFETY: the request is owned and not completed.
        let file = unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, self.0) };
        if file.is_null() {
            Err(NtStatus::INVALID_HANDLE)
        } else {
            Ok(file)
        }
    }

    /// The buffers, with the lengths that the framework told beside the request.
    pub(super) fn buffers(&self, input_length: usize, output_length: usize) -> Buffers<'_> {
        Buffers {
            request: self,
            input_length,
            output_length,
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.finish(NtStatus::UNSUCCESSFUL, 0);
    }
}

/// The buffers of a request with `METHOD_BUFFERED`. Input and output are the same memory, so the
/// input must be done with before the output can be had: the borrow checker sees to it.
pub(crate) struct Buffers<'request> {
    request: &'request Request,
    input_length: usize,
    output_length: usize,
}

/// Whether a request was cancelled, to be asked while its buffers are in use.
#[derive(Clone, Copy)]
pub(crate) struct Cancellation<'request>(&'request Request);

impl Cancellation<'_> {
    /// Whether the caller wants no answer any more.
    pub(crate) fn is_wanted(self) -> bool {
        self.0.is_cancelled()
    }
}

impl<'request> Buffers<'request> {
    /// How to ask whether the request was cancelled.
    pub(crate) const fn cancellation(&self) -> Cancellation<'request> {
        Cancellation(self.request)
    }

    /// What the caller sent; empty if it sent nothing.
    ///
    /// # Errors
    ///
    /// What `WdfRequestRetrieveInputBuffer` answers.
    pub(crate) fn input(&self) -> Result<&[u8], NtStatus> {
        if self.input_length == 0 {
            return Ok(&[]);
        }
        let (mut buffer, mut length): (PVOID, _) = (null_mut(), 0);
        // SAFETY: the request is owned and not completed; both results are locals.
        let status: NTSTATUS = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRequestRetrieveInputBuffer,
                self.request.0,
                self.input_length,
                &raw mut buffer,
                &raw mut length,
            )
        };
        NtStatus(status).into_result()?;
        // SAFETY: the framework vouches for `length` bytes until the request is completed, which
        // takes the request that `self` borrows; the I/O manager copied them in, and they are
        // written only through `output`, which wants `self` for itself.
        Ok(unsafe { &*slice_from_raw_parts(buffer.cast::<u8>(), length) })
    }

    /// Room for the answer, in bytes.
    pub(crate) const fn output_length(&self) -> usize {
        self.output_length
    }

    /// Where the answer goes; empty if the caller has no room. What it holds before is not to be
    /// relied on.
    ///
    /// # Errors
    ///
    /// What `WdfRequestRetrieveOutputBuffer` answers.
    pub(crate) fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        if self.output_length == 0 {
            return Ok(&mut []);
        }
        let (mut buffer, mut length): (PVOID, _) = (null_mut(), 0);
        // SAFETY: the request is owned and not completed; both results are locals.
        let status: NTSTATUS = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRequestRetrieveOutputBuffer,
                self.request.0,
                self.output_length,
                &raw mut buffer,
                &raw mut length,
            )
        };
        NtStatus(status).into_result()?;
        // SAFETY: the framework vouches for `length` bytes until the request is completed, which
        // takes the request that `self` borrows; no input slice is alive, for `self` is borrowed
        // mutably. Pool memory holds some byte everywhere.
        Ok(unsafe { &mut *slice_from_raw_parts_mut(buffer.cast::<u8>(), length) })
    }
}
