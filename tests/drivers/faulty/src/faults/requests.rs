//! Rules of requests.

use core::ptr::null_mut;

use wdk_sys::ntddk::{ExFreePool, KeLowerIrql, KeRaiseIrqlToDpcLevel};
use wdk_sys::{NTSTATUS, WDFREQUEST, call_unsafe_wdf_function_binding as wdf};

use crate::memory::{paged_block, read, uninitialised_block, write};
use crate::moments::{self, Moment};
use crate::scene::{SUCCESS, TAKEN, keep, kept};
use super::Scene;

pub(crate) unsafe fn a_request_is_completed_twice(scene: &Scene) -> NTSTATUS {
    scene.complete(SUCCESS);
    scene.complete(SUCCESS);
    TAKEN
}

pub(crate) unsafe fn a_completed_request_is_used(scene: &Scene) -> NTSTATUS {
    scene.complete(SUCCESS);
    let _ = wdf!(WdfRequestGetInformation, scene.request);
    TAKEN
}

pub(crate) unsafe fn a_completed_request_is_used_through_a_reference(scene: &Scene) -> NTSTATUS {
    wdf!(
        WdfObjectReferenceActual,
        scene.request.cast(),
        null_mut(),
        0,
        null_mut()
    );
    scene.complete(SUCCESS);
    let _ = wdf!(WdfRequestGetInformation, scene.request);
    TAKEN
}

pub(crate) unsafe fn a_completed_requests_buffer_is_read(scene: &Scene) -> NTSTATUS {
    let output = scene.output();
    scene.complete(SUCCESS);
    let _ = read(output, 0);
    TAKEN
}

pub(crate) unsafe fn a_completed_requests_buffer_is_written(scene: &Scene) -> NTSTATUS {
    let output = scene.output();
    scene.complete(SUCCESS);
    write(output, 0);
    TAKEN
}

pub(crate) unsafe fn more_is_returned_than_there_is_room(scene: &Scene) -> NTSTATUS {
    wdf!(
        WdfRequestCompleteWithInformation,
        scene.request,
        SUCCESS,
        4096
    );
    TAKEN
}

pub(crate) unsafe fn the_output_is_written_past_its_end(scene: &Scene) -> NTSTATUS {
    write(scene.output(), 64);
    SUCCESS
}

/// The first half is written, all of it is returned.
pub(crate) unsafe fn output_that_was_never_written_is_returned(scene: &Scene) -> NTSTATUS {
    scene.output().cast::<u8>().write_bytes(0, 60);
    wdf!(
        WdfRequestCompleteWithInformation,
        scene.request,
        SUCCESS,
        64
    );
    TAKEN
}

/// All is written but one byte, behind the input that lies in the same buffer.
pub(crate) unsafe fn a_byte_that_was_never_written_is_returned(scene: &Scene) -> NTSTATUS {
    let output = scene.output().cast::<u8>();
    output.write_bytes(0, 60);
    output.add(61).write_bytes(0, 3);
    wdf!(
        WdfRequestCompleteWithInformation,
        scene.request,
        SUCCESS,
        64
    );
    TAKEN
}

/// A byte of the answer comes from memory that nobody has written.
pub(crate) unsafe fn a_byte_of_uninitialised_pool_is_returned(scene: &Scene) -> NTSTATUS {
    let output = scene.output().cast::<u8>();
    output.write_bytes(0, 64);
    let block = uninitialised_block(16);
    output.add(7).write(read(block, 3));
    ExFreePool(block);
    wdf!(
        WdfRequestCompleteWithInformation,
        scene.request,
        SUCCESS,
        64
    );
    TAKEN
}

pub(crate) unsafe fn pending_is_no_outcome(scene: &Scene) -> NTSTATUS {
    scene.complete(0x103);
    TAKEN
}

pub(crate) unsafe fn a_request_is_deleted(scene: &Scene) -> NTSTATUS {
    wdf!(WdfObjectDelete, scene.request.cast());
    SUCCESS
}

pub(crate) unsafe fn a_request_that_waits_is_completed(scene: &Scene) -> NTSTATUS {
    let _ = wdf!(WdfRequestForwardToIoQueue, scene.request, scene.parking);
    scene.complete(SUCCESS);
    TAKEN
}

pub(crate) unsafe fn a_request_is_never_completed(_scene: &Scene) -> NTSTATUS {
    TAKEN
}

pub(crate) unsafe fn a_reference_to_a_request_is_left(scene: &Scene) -> NTSTATUS {
    wdf!(
        WdfObjectReferenceActual,
        scene.request.cast(),
        null_mut(),
        0,
        null_mut()
    );
    SUCCESS
}

pub(crate) unsafe fn a_reference_to_a_requests_memory_is_left(scene: &Scene) -> NTSTATUS {
    let mut memory = null_mut();
    let _ = wdf!(
        WdfRequestRetrieveOutputMemory,
        scene.request,
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

pub(crate) unsafe fn a_completed_requests_memory_is_used(scene: &Scene) -> NTSTATUS {
    let mut memory = null_mut();
    let _ = wdf!(
        WdfRequestRetrieveOutputMemory,
        scene.request,
        &raw mut memory
    );
    scene.complete(SUCCESS);
    let _ = wdf!(WdfMemoryGetBuffer, memory, null_mut());
    TAKEN
}

pub(crate) unsafe fn a_request_is_used_at_unload(scene: &Scene) -> NTSTATUS {
    keep(scene.request);
    moments::arm(Moment::Unload, || {
        let request: WDFREQUEST = kept();
        wdf!(WdfRequestComplete, request, SUCCESS);
    });
    SUCCESS
}

pub(crate) unsafe fn paged_memory_is_filled_at_dispatch(_scene: &Scene) -> NTSTATUS {
    let block = paged_block(4096).cast::<u8>();
    let old = KeRaiseIrqlToDpcLevel();
    core::hint::black_box(block).write_bytes(0, core::hint::black_box(2048));
    KeLowerIrql(old);
    SUCCESS
}
