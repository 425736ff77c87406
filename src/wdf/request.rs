//! Requests: each is completed exactly once.

use core::cell::Cell;
use core::mem::ManuallyDrop;
use core::ptr::{null_mut, slice_from_raw_parts, slice_from_raw_parts_mut};

use abi::{ControlCode, NtStatus};
use wdk_sys::{
    _WDF_REQUEST_TYPE, BOOLEAN, NTSTATUS, PETHREAD, PVOID, WDF_REQUEST_PARAMETERS, WDFFILEOBJECT,
    WDFOBJECT, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use super::short_structure_size;

unsafe extern "system" {
    /// Of `ntifs.h`, which `wdk-sys` has no bindings of. Up to `DISPATCH_LEVEL`.
    fn PsIsThreadTerminating(thread: PETHREAD) -> BOOLEAN;
}

/// A request that this driver owns.
#[must_use = "a request that is not completed hangs its caller"]
pub(crate) struct Request(WDFREQUEST);

impl Request {
    /// # Safety
    ///
    /// The framework has just handed this request to the driver, which does not own it twice.
    pub(super) unsafe fn from_framework(raw: WDFREQUEST) -> Self {
        Self(raw)
    }

    /// Completes the request: with the number of bytes written, or with a status and no bytes.
    pub(crate) fn complete(self, outcome: Result<usize, NtStatus>) {
        let request = ManuallyDrop::new(self);
        match outcome {
            Ok(bytes) => request.finish(NtStatus::SUCCESS, bytes),
            Err(status) => request.finish(status, 0),
        }
    }

    /// Gives up the request, to pass it on.
    pub(super) fn into_raw(self) -> WDFREQUEST {
        ManuallyDrop::new(self).0
    }

    /// `WdfRequestGetParameters`: control code, input length and output length.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_REQUEST`: it is not a device control.
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

    /// `WdfRequestGetRequestorProcessId`: the process that sent the request.
    pub(super) fn requestor_process_id(&self) -> u32 {
        // SAFETY: the request is owned and not completed.
        unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetRequestorProcessId, self.0) }
    }

    /// `WdfRequestIsCanceled`: whether the caller has cancelled the request.
    fn is_cancelled(&self) -> bool {
        // SAFETY: the request is owned, not completed and not marked cancelable.
        unsafe { call_unsafe_wdf_function_binding!(WdfRequestIsCanceled, self.0) != 0 }
    }

    /// The thread that made the request, which need not be this one; null for a request of another
    /// driver that names no thread.
    fn thread(&self) -> PETHREAD {
        // SAFETY: the request is owned and not completed.
        let irp = unsafe { call_unsafe_wdf_function_binding!(WdfRequestWdmGetIrp, self.0) };
        // SAFETY: the framework lends the IRP until the request is completed; the member belongs to
        // the I/O manager, which set it before it sent the IRP.
        let thread = unsafe { &raw const (*irp).Tail.Overlay.Thread };
        // SAFETY: as above.
        unsafe { thread.read() }
    }

    /// `WdfRequestCompleteWithInformation`.
    fn finish(&self, status: NtStatus, bytes: usize) {
        // SAFETY: the request is owned and not completed: each caller gives it up with this call.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRequestCompleteWithInformation,
                self.0,
                status.0,
                bytes as u64,
            );
        }
    }

    /// `WdfRequestGetFileObject`: the file object that the request was sent to.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_HANDLE`: the request has no file object.
    pub(super) fn file_object(&self) -> Result<WDFFILEOBJECT, NtStatus> {
        // SAFETY: the request is owned and not completed.
        let file = unsafe { call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, self.0) };
        if file.is_null() {
            Err(NtStatus::INVALID_HANDLE)
        } else {
            Ok(file)
        }
    }

    /// Its handle.
    pub(super) fn as_object(&self) -> WDFOBJECT {
        self.0.cast()
    }

    /// `WdfRequestRetrieveOutputBuffer`: the memory for the answer; empty if the caller has no room.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(super) fn output(&mut self, length: usize) -> Result<&mut [u8], NtStatus> {
        // SAFETY: no other slice of the buffers is alive, for `self` is borrowed mutably.
        unsafe { self.shared_output(length) }
    }

    /// # Safety
    ///
    /// No other slice of the request's buffers is alive while the result is.
    #[expect(
        clippy::mut_from_ref,
        reason = "the caller has the buffers for itself, see `Safety`"
    )]
    unsafe fn shared_output(&self, length: usize) -> Result<&mut [u8], NtStatus> {
        if length == 0 {
            return Ok(&mut []);
        }
        let (mut buffer, mut available): (PVOID, _) = (null_mut(), 0);
        // SAFETY: the request is owned and not completed; both results are locals.
        let status: NTSTATUS = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRequestRetrieveOutputBuffer,
                self.0,
                length,
                &raw mut buffer,
                &raw mut available,
            )
        };
        NtStatus(status).into_result()?;
        // SAFETY: the framework vouches for `available` bytes until the request is completed, which
        // takes the request that is borrowed; no other slice of them is alive (the caller's
        // promise). Pool memory has some content everywhere.
        Ok(unsafe { &mut *slice_from_raw_parts_mut(buffer.cast::<u8>(), available) })
    }

    /// The buffers, with the lengths that the framework passed beside the request.
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

/// The buffers of a request with `METHOD_BUFFERED`. Input and output are the same memory: the borrow
/// checker makes sure that the input is not used any more when the output is.
pub(crate) struct Buffers<'request> {
    request: &'request Request,
    input_length: usize,
    output_length: usize,
}

/// Answers whether a request has to end, while its buffers are in use.
pub(crate) struct EndOfRequest<'request> {
    request: &'request Request,
    /// The thread of the request, once it was asked about: a batch asks before each entry.
    thread: Cell<Option<PETHREAD>>,
}

impl EndOfRequest<'_> {
    /// Whether the caller has cancelled the request.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.request.is_cancelled()
    }

    /// `PsIsThreadTerminating`: whether the thread that made the request is being terminated. The
    /// system cancels its requests only after it has left the driver.
    pub(crate) fn is_thread_terminating(&self) -> bool {
        let thread = if let Some(thread) = self.thread.get() {
            thread
        } else {
            let thread = self.request.thread();
            self.thread.set(Some(thread));
            thread
        };
        // SAFETY: a thread object is not freed while the thread has an IRP, and the queue calls the
        // driver at `PASSIVE_LEVEL`.
        !thread.is_null() && unsafe { PsIsThreadTerminating(thread) } != 0
    }
}

impl<'request> Buffers<'request> {
    /// Answers whether the request has to end.
    pub(crate) const fn end_of_request(&self) -> EndOfRequest<'request> {
        EndOfRequest {
            request: self.request,
            thread: Cell::new(None),
        }
    }

    /// `WdfRequestRetrieveInputBuffer`: the bytes that the caller sent.
    ///
    /// # Errors
    ///
    /// The status of the framework.
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
        // takes the request that `self` borrows; the I/O manager copied them in, and only
        // `output` writes them, which borrows `self` mutably.
        Ok(unsafe { &*slice_from_raw_parts(buffer.cast::<u8>(), length) })
    }

    /// Length of the memory for the answer.
    pub(crate) const fn output_length(&self) -> usize {
        self.output_length
    }

    /// The memory for the answer, whose content is undefined before; empty if the caller has no
    /// room.
    ///
    /// # Errors
    ///
    /// The status of the framework.
    pub(crate) fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        // SAFETY: no input slice is alive, for `self` is borrowed mutably.
        unsafe { self.request.shared_output(self.output_length) }
    }
}
