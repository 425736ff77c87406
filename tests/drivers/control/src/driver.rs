//! The driver object. There is no device to find, so the driver makes its own at once.

use core::ptr::null_mut;

use wdk_sys::{
    _WDF_DRIVER_INIT_FLAGS::WdfDriverInitNonPnpDriver,
    _WDF_EXECUTION_LEVEL::WdfExecutionLevelPassive, DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING,
    STATUS_SUCCESS, ULONG, WDF_DRIVER_CONFIG, WDF_OBJECT_ATTRIBUTES, WDFDEVICE, WDFDRIVER,
    call_unsafe_wdf_function_binding,
};

use crate::context::{Context, ContextType};
use crate::mailbox::Mailbox;
use crate::{device, queue};

const TAG: ULONG = u32::from_le_bytes(*b"Mail");

/// Creates the framework's driver object and the device.
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
        Size: size_of::<WDF_DRIVER_CONFIG>() as ULONG,
        EvtDriverUnload: Some(unload),
        DriverInitFlags: WdfDriverInitNonPnpDriver as ULONG,
        DriverPoolTag: TAG,
        ..WDF_DRIVER_CONFIG::default()
    };
    // All callbacks come at `PASSIVE_LEVEL`.
    let mut attributes = WDF_OBJECT_ATTRIBUTES {
        ExecutionLevel: WdfExecutionLevelPassive,
        ..Owner::attributes()
    };
    let mut handle: WDFDRIVER = null_mut();
    // SAFETY: the pointers are the system's, and `DriverEntry` runs at `PASSIVE_LEVEL`.
    let created = unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDriverCreate,
            driver,
            registry_path,
            &raw mut attributes,
            &raw mut config,
            &raw mut handle,
        )
    };
    if !wdk::nt_success(created) {
        return created;
    }
    // If a step fails, the framework deletes the objects that exist already with the driver object.
    match device::create(handle) {
        Ok(device) => {
            // SAFETY: the driver object was made above, and its context is used by its unload only.
            unsafe { Owner { device }.put(handle.cast()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The driver object's context.
struct Owner {
    device: WDFDEVICE,
}

static TYPE: ContextType = ContextType::of::<Owner>(c"Owner", &raw const TYPE);

impl Context for Owner {
    const TYPE: &'static ContextType = &TYPE;
}

/// `EvtDriverUnload`: no handle is open any more. The framework takes the device down after this,
/// its locks perhaps before its work item, so nothing may run any more.
extern "C" fn unload(driver: WDFDRIVER) {
    // SAFETY: put there by `driver_entry`, without whose success there is no unload.
    let device = unsafe { (*Owner::place(driver.cast())).device };
    queue::close(device);
    Mailbox::of(device).wait_for_worker();
    wdk::println!("mailbox: unloaded");
}
