//! A driver that breaks any rule of the kernel's on demand, one at a time.
//!
//! A control request names the fault ([`faults`]), which then happens within that request, or
//! later: when the file is closed, when the device is removed, when the driver is unloaded
//! ([`deferred_fault`]). The name of the driver's service selects a fault in `DriverEntry`.
#![no_std]
#![expect(
    clippy::unsafe_removed_from_name,
    reason = "nearly every line calls the framework, and this is no place to be warned"
)]
#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "rules are broken on purpose: there is no safety to argue for"
)]

extern crate wdk_panic;

mod attributes;
mod deferred_fault;
mod device;
mod fault_context;
mod faults;
mod memory;
mod netio;
mod text;

use wdk_sys::{
    DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING, WDF_DRIVER_CONFIG, WDF_NO_HANDLE,
    WDF_NO_OBJECT_ATTRIBUTES, WDFDRIVER, call_unsafe_wdf_function_binding as wdf,
};

use deferred_fault::FaultCallback;

/// Creates the framework's driver object, and commits the fault that the service is named after.
///
/// # Safety
///
/// The system calls this, once, with its own pointers.
#[unsafe(export_name = "DriverEntry")]
pub unsafe extern "system" fn driver_entry(
    driver: &mut DRIVER_OBJECT,
    registry_path: PCUNICODE_STRING,
) -> NTSTATUS {
    let mut config = WDF_DRIVER_CONFIG {
        Size: attributes::size_of_u32::<WDF_DRIVER_CONFIG>(),
        EvtDriverDeviceAdd: Some(device::add),
        EvtDriverUnload: Some(unload),
        ..WDF_DRIVER_CONFIG::default()
    };
    let status = wdf!(
        WdfDriverCreate,
        driver,
        registry_path,
        WDF_NO_OBJECT_ATTRIBUTES,
        &raw mut config,
        WDF_NO_HANDLE.cast::<WDFDRIVER>(),
    );
    match faults::named_by_service(text::of(registry_path)) {
        Some(fault) if status >= 0 => fault(),
        _ => status,
    }
}

extern "C" fn unload(_driver: WDFDRIVER) {
    deferred_fault::commit(FaultCallback::Unload);
}
