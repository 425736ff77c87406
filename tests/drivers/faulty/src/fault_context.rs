//! What a fault finds when it happens.

use core::sync::atomic::{AtomicPtr, Ordering};

use wdk_sys::{
    NTSTATUS, PVOID, WDFDEVICE, WDFQUEUE, WDFREQUEST, call_unsafe_wdf_function_binding as wdf,
};

pub(crate) const SUCCESS: NTSTATUS = 0;
/// The fault has taken the request and completes it itself.
pub(crate) const TAKEN: NTSTATUS = 0x103;

/// The request during which a fault happens, its device and its queues.
pub(crate) struct FaultContext {
    pub(crate) device: WDFDEVICE,
    /// The device's default queue, whose callback this is.
    pub(crate) queue: WDFQUEUE,
    /// A manual queue of the device.
    pub(crate) parking: WDFQUEUE,
    pub(crate) request: WDFREQUEST,
}

impl FaultContext {
    /// Completes the request.
    pub(crate) unsafe fn complete(&self, status: NTSTATUS) {
        wdf!(WdfRequestComplete, self.request, status);
    }

    /// Completes the request with what a function has answered, as output: the framework replaces
    /// statuses of its own.
    pub(crate) unsafe fn answer(&self, outcome: NTSTATUS) -> NTSTATUS {
        self.output().cast::<NTSTATUS>().write_unaligned(outcome);
        let length = size_of::<NTSTATUS>() as u64;
        wdf!(
            WdfRequestCompleteWithInformation,
            self.request,
            SUCCESS,
            length
        );
        TAKEN
    }

    /// The request's output buffer, null if there is none.
    pub(crate) unsafe fn output(&self) -> PVOID {
        let mut buffer = core::ptr::null_mut();
        let _ = wdf!(
            WdfRequestRetrieveOutputBuffer,
            self.request,
            0,
            &raw mut buffer,
            core::ptr::null_mut(),
        );
        buffer
    }
}

static KEPT: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(core::ptr::null_mut());

/// Keeps a pointer or a handle for later.
pub(crate) fn keep<T>(pointer: *mut T) {
    KEPT.store(pointer.cast(), Ordering::SeqCst);
}

/// What was kept.
pub(crate) fn kept<T>() -> *mut T {
    KEPT.load(Ordering::SeqCst).cast()
}
