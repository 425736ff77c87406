//! A driver that leaks on purpose: 64 bytes of pool and a route table in its entry point, three more
//! blocks for its device. It never gives them back.
#![no_std]

extern crate wdk_panic;

use core::ffi::c_void;
use core::ptr::null_mut;

use wdk_sys::ntddk::ExAllocatePool2;
use wdk_sys::{
    DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING, POOL_FLAG_NON_PAGED, PWDFDEVICE_INIT, ULONG,
    WDF_DRIVER_CONFIG, WDF_NO_HANDLE, WDF_NO_OBJECT_ATTRIBUTES, WDFDRIVER,
    call_unsafe_wdf_function_binding,
};

const AF_UNSPEC: u16 = 0;
const TAG: ULONG = u32::from_le_bytes(*b"Leak");
const DEVICE_TAG: ULONG = u32::from_le_bytes(*b"LDev");

unsafe extern "system" {
    fn GetIpForwardTable2(family: u16, table: *mut *mut c_void) -> NTSTATUS;
}

/// Leaks, then creates the framework's driver object.
///
/// # Safety
///
/// The system calls this, once, with its own pointers.
#[unsafe(export_name = "DriverEntry")]
pub unsafe extern "system" fn driver_entry(
    driver: &mut DRIVER_OBJECT,
    registry_path: PCUNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: size and tag are not zero; the pointer is dropped, which is the leak.
    unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG) };
    let mut table = null_mut();
    // SAFETY: the call writes the table's pointer to a local variable. The table is never freed,
    // which is the leak.
    let _ = unsafe { GetIpForwardTable2(AF_UNSPEC, &raw mut table) };

    let mut config = WDF_DRIVER_CONFIG {
        Size: size_of::<WDF_DRIVER_CONFIG>() as ULONG,
        EvtDriverDeviceAdd: Some(device_add),
        ..WDF_DRIVER_CONFIG::default()
    };
    // SAFETY: the pointers are the system's, and `DriverEntry` runs at `PASSIVE_LEVEL`.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDriverCreate,
            driver,
            registry_path,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut config,
            WDF_NO_HANDLE.cast::<WDFDRIVER>(),
        )
    }
}

/// A device with nothing to it, and the three blocks.
extern "C" fn device_add(_driver: WDFDRIVER, mut init: PWDFDEVICE_INIT) -> NTSTATUS {
    for size in [16, 32, 48] {
        // SAFETY: as in the entry point.
        unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, size, DEVICE_TAG) };
    }
    let mut device = null_mut();
    // SAFETY: the framework lends `init` for this callback and takes it back here.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceCreate,
            &raw mut init,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut device,
        )
    }
}
