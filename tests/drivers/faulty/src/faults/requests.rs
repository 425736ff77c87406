//! Rules of requests.

use core::ptr::null_mut;

use wdk_sys::ntddk::{ExFreePool, KeLowerIrql, KeRaiseIrqlToDpcLevel};
use wdk_sys::{NTSTATUS, WDFREQUEST, call_unsafe_wdf_function_binding as wdf};

use super::FaultContext;
use crate::deferred_fault::{self, FaultCallback};
use crate::fault_context::{SUCCESS, TAKEN, keep, kept};
use crate::memory::{paged_block, read, uninitialised_block, write};

pub(crate) unsafe fn a_request_is_completed_twice(fault: &FaultContext) -> NTSTATUS {
    fault.complete(SUCCESS);
    fault.complete(SUCCESS);
    TAKEN
}

pub(crate) unsafe fn a_completed_request_is_used(fault: &FaultContext) -> NTSTATUS {
    fault.complete(SUCCESS);
    let _ = wdf!(WdfRequestGetInformation, fault.request);
    TAKEN
}

pub(crate) unsafe fn a_completed_request_is_used_through_a_reference(
    fault: &FaultContext,
) -> NTSTATUS {
    wdf!(
        WdfObjectReferenceActual,
        fault.request.cast(),
        null_mut(),
        0,
        null_mut()
    );
    fault.complete(SUCCESS);
    let _ = wdf!(WdfRequestGetInformation, fault.request);
    TAKEN
}

pub(crate) unsafe fn a_completed_requests_buffer_is_read(fault: &FaultContext) -> NTSTATUS {
    let output = fault.output();
    fault.complete(SUCCESS);
    let _ = read(output, 0);
    TAKEN
}

pub(crate) unsafe fn a_completed_requests_buffer_is_written(fault: &FaultContext) -> NTSTATUS {
    let output = fault.output();
    fault.complete(SUCCESS);
    write(output, 0);
    TAKEN
}

pub(crate) unsafe fn more_is_returned_than_there_is_room(fault: &FaultContext) -> NTSTATUS {
    wdf!(
        WdfRequestCompleteWithInformation,
        fault.request,
        SUCCESS,
        4096
    );
    TAKEN
}

pub(crate) unsafe fn the_output_is_written_past_its_end(fault: &FaultContext) -> NTSTATUS {
    write(fault.output(), 64);
    SUCCESS
}

/// The first half is written, all of it is returned.
pub(crate) unsafe fn output_that_was_never_written_is_returned(fault: &FaultContext) -> NTSTATUS {
    fault.output().cast::<u8>().write_bytes(0, 60);
    wdf!(
        WdfRequestCompleteWithInformation,
        fault.request,
        SUCCESS,
        64
    );
    TAKEN
}

/// All is written but one byte, behind the input that lies in the same buffer.
pub(crate) unsafe fn a_byte_that_was_never_written_is_returned(fault: &FaultContext) -> NTSTATUS {
    let output = fault.output().cast::<u8>();
    output.write_bytes(0, 60);
    output.add(61).write_bytes(0, 3);
    wdf!(
        WdfRequestCompleteWithInformation,
        fault.request,
        SUCCESS,
        64
    );
    TAKEN
}

/// A byte of the answer comes from memory that was never written.
pub(crate) unsafe fn a_byte_of_uninitialised_pool_is_returned(fault: &FaultContext) -> NTSTATUS {
    let output = fault.output().cast::<u8>();
    output.write_bytes(0, 64);
    let block = uninitialised_block(16);
    output.add(7).write(read(block, 3));
    ExFreePool(block);
    wdf!(
        WdfRequestCompleteWithInformation,
        fault.request,
        SUCCESS,
        64
    );
    TAKEN
}

pub(crate) unsafe fn pending_is_no_outcome(fault: &FaultContext) -> NTSTATUS {
    fault.complete(0x103);
    TAKEN
}

pub(crate) unsafe fn a_request_is_deleted(fault: &FaultContext) -> NTSTATUS {
    wdf!(WdfObjectDelete, fault.request.cast());
    SUCCESS
}

pub(crate) unsafe fn a_request_that_waits_is_completed(fault: &FaultContext) -> NTSTATUS {
    let _ = wdf!(WdfRequestForwardToIoQueue, fault.request, fault.parking);
    fault.complete(SUCCESS);
    TAKEN
}

pub(crate) unsafe fn a_request_is_never_completed(_fault: &FaultContext) -> NTSTATUS {
    TAKEN
}

pub(crate) unsafe fn a_reference_to_a_request_is_left(fault: &FaultContext) -> NTSTATUS {
    wdf!(
        WdfObjectReferenceActual,
        fault.request.cast(),
        null_mut(),
        0,
        null_mut()
    );
    SUCCESS
}

pub(crate) unsafe fn a_reference_to_a_requests_memory_is_left(fault: &FaultContext) -> NTSTATUS {
    let mut memory = null_mut();
    let _ = wdf!(
        WdfRequestRetrieveOutputMemory,
        fault.request,
        &raw mut memory
    );
    wdf!(
        WdfObjectReferenceActual,
        memory.cast(),
        null_mut(),
        0,
        null_mut()
    );
    SUCCESS
}

pub(crate) unsafe fn a_completed_requests_memory_is_used(fault: &FaultContext) -> NTSTATUS {
    let mut memory = null_mut();
    let _ = wdf!(
        WdfRequestRetrieveOutputMemory,
        fault.request,
        &raw mut memory
    );
    fault.complete(SUCCESS);
    let _ = wdf!(WdfMemoryGetBuffer, memory, null_mut());
    TAKEN
}

pub(crate) unsafe fn a_request_is_used_at_unload(fault: &FaultContext) -> NTSTATUS {
    keep(fault.request);
    deferred_fault::defer_to(FaultCallback::Unload, || {
        let request: WDFREQUEST = kept();
        wdf!(WdfRequestComplete, request, SUCCESS);
    });
    SUCCESS
}

pub(crate) unsafe fn paged_memory_is_filled_at_dispatch(_fault: &FaultContext) -> NTSTATUS {
    let block = paged_block(4096).cast::<u8>();
    let old = KeRaiseIrqlToDpcLevel();
    core::hint::black_box(block).write_bytes(0, core::hint::black_box(2048));
    KeLowerIrql(old);
    SUCCESS
}
