//! What the framework says of its objects: the device, an open file and a request.

use core::ptr::null_mut;

use wdk_sys::{
    GUID, NTSTATUS, PVOID, ULONG, WDFDEVICE, WDFFILEOBJECT, WDFREQUEST,
    call_unsafe_wdf_function_binding,
};

use crate::irp;
use crate::queue::{give, reserved};

/// The answer to `REPORT_OBJECTS`. What is true is 1.
#[repr(C)]
struct Report {
    /// Whether the device is attached to its physical device, which is another one.
    attached: u32,
    /// Whether it has an I/O target of its own, the same each time.
    target: u32,
    /// Whether the `FILE_OBJECT` leads to its WDFFILEOBJECT, and no `FILE_OBJECT` to none.
    file: u32,
    /// The flags of the `FILE_OBJECT`.
    file_flags: ULONG,
    /// What `WdfObjectQuery` answers.
    query: NTSTATUS,
    /// The status of the request that asks.
    status: NTSTATUS,
    /// What the request's IRP says: the major function, the control code.
    major: u32,
    code: u32,
    /// Whether its system buffer is the framework's output buffer.
    same_buffer: u32,
    /// Whether there is a record for debuggers.
    triage: u32,
    /// Whether the request is the one in reserve.
    is_reserved: u32,
    /// How many requests have been made ready for the reserve.
    reserved: u32,
}

/// Gives the report.
pub(crate) fn answer(device: WDFDEVICE, request: WDFREQUEST) -> Result<usize, NTSTATUS> {
    let seen = irp::of(request);
    // SAFETY: device and request are ours; the file is there as long as its requests.
    let report = unsafe {
        let file = call_unsafe_wdf_function_binding!(WdfRequestGetFileObject, request);
        Report {
            attached: is_attached(device).into(),
            target: has_target(device).into(),
            file: is_found(device, file).into(),
            file_flags: call_unsafe_wdf_function_binding!(WdfFileObjectGetFlags, file),
            query: query(device),
            status: call_unsafe_wdf_function_binding!(WdfRequestGetStatus, request),
            major: seen.major,
            code: seen.code,
            same_buffer: u32::from(seen.system_buffer == output(request) as usize),
            triage: u32::from(!call_unsafe_wdf_function_binding!(WdfGetTriageInfo).is_null()),
            is_reserved: call_unsafe_wdf_function_binding!(WdfRequestIsReserved, request).into(),
            reserved: reserved(),
        }
    };
    give(request, report)
}

fn is_attached(device: WDFDEVICE) -> bool {
    // SAFETY: the device is there.
    unsafe {
        let own = call_unsafe_wdf_function_binding!(WdfDeviceWdmGetDeviceObject, device);
        let below = call_unsafe_wdf_function_binding!(WdfDeviceWdmGetAttachedDevice, device);
        let physical = call_unsafe_wdf_function_binding!(WdfDeviceWdmGetPhysicalDevice, device);
        !below.is_null()
            && below == physical
            && below != own
            && (*physical).AttachedDevice == own
            // One for the device, one for the preprocessing of its IRPs.
            && (*own).StackSize == (*physical).StackSize + 2
    }
}

fn has_target(device: WDFDEVICE) -> bool {
    // SAFETY: the device is there, and its target as long.
    unsafe {
        let target = call_unsafe_wdf_function_binding!(WdfDeviceGetIoTarget, device);
        let again = call_unsafe_wdf_function_binding!(WdfDeviceGetIoTarget, device);
        !target.is_null() && target == again
    }
}

fn is_found(device: WDFDEVICE, file: WDFFILEOBJECT) -> bool {
    // SAFETY: device and file are there.
    unsafe {
        let wdm = call_unsafe_wdf_function_binding!(WdfFileObjectWdmGetFileObject, file);
        let found = call_unsafe_wdf_function_binding!(WdfDeviceGetFileObject, device, wdm);
        let none = call_unsafe_wdf_function_binding!(WdfDeviceGetFileObject, device, null_mut());
        found == file && none.is_null()
    }
}

fn query(device: WDFDEVICE) -> NTSTATUS {
    let (anything, mut answer) = (GUID::default(), 0_u32);
    // SAFETY: the device is there; guid and answer are locals.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfObjectQuery,
            device.cast(),
            &raw const anything,
            size_of::<u32>() as ULONG,
            (&raw mut answer).cast(),
        )
    }
}

fn output(request: WDFREQUEST) -> PVOID {
    let mut buffer = null_mut();
    // SAFETY: the request is ours. Without a buffer the place stays NULL.
    unsafe {
        let _ = call_unsafe_wdf_function_binding!(
            WdfRequestRetrieveOutputBuffer,
            request,
            1,
            &raw mut buffer,
            null_mut(),
        );
    }
    buffer
}
