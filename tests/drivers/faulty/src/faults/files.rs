//! Rules of files, and of the device's end.

use core::ptr::null_mut;

use wdk_sys::ntddk::KeDelayExecutionThread;
use wdk_sys::{LARGE_INTEGER, NTSTATUS, WDFFILEOBJECT, call_unsafe_wdf_function_binding as wdf};

use super::FaultContext;
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::{SUCCESS, TAKEN, keep, kept};

pub(crate) unsafe fn a_file_object_is_deleted(fault: &FaultContext) -> NTSTATUS {
    let file = wdf!(WdfRequestGetFileObject, fault.request);
    wdf!(WdfObjectDelete, file.cast());
    SUCCESS
}

pub(crate) unsafe fn a_closed_file_is_used(fault: &FaultContext) -> NTSTATUS {
    keep(wdf!(WdfRequestGetFileObject, fault.request));
    deferred_fault::defer_to(FaultCallback::Unload, || {
        let file: WDFFILEOBJECT = kept();
        let _ = wdf!(WdfFileObjectGetFileName, file);
    });
    SUCCESS
}

pub(crate) unsafe fn a_deleted_device_is_used(fault: &FaultContext) -> NTSTATUS {
    keep(fault.device);
    deferred_fault::defer_to(FaultCallback::Unload, || {
        let _ = wdf!(WdfDeviceWdmGetDeviceObject, kept());
    });
    SUCCESS
}

pub(crate) unsafe fn an_unload_never_returns(_fault: &FaultContext) -> NTSTATUS {
    deferred_fault::defer_to(FaultCallback::Unload, || {
        let mut an_hour = LARGE_INTEGER {
            QuadPart: -3600 * 10_000_000,
        };
        let _ = KeDelayExecutionThread(0, 0, &raw mut an_hour);
    });
    SUCCESS
}

/// The request waits in a queue. When the file is cleaned up, the driver retrieves the request and
/// never completes it.
pub(crate) unsafe fn a_request_is_taken_at_cleanup_and_forgotten(fault: &FaultContext) -> NTSTATUS {
    keep(fault.parking);
    deferred_fault::defer_to(FaultCallback::FileCleanup, || {
        let mut request = null_mut();
        let _ = wdf!(WdfIoQueueRetrieveNextRequest, kept(), &raw mut request);
    });
    let _ = wdf!(WdfRequestForwardToIoQueue, fault.request, fault.parking);
    TAKEN
}
