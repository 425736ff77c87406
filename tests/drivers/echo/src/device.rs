//! The device, which has no name but its interface: there may be any number of them.

use core::ptr::{null, null_mut};

use wdk_sys::{
    _WDF_FILEOBJECT_CLASS::WdfFileObjectWdfCannotUseFsContexts, _WDF_TRI_STATE::WdfUseDefault,
    GUID, NTSTATUS, PWDFDEVICE_INIT, ULONG, WDF_FILEOBJECT_CONFIG, WDF_NO_OBJECT_ATTRIBUTES,
    WDFDEVICE, WDFDRIVER, WDFFILEOBJECT, call_unsafe_wdf_function_binding,
};

use crate::queue;

/// `{6F1C2B0E-52A4-4C36-9A53-0B7E3F1D9C11}`: what programs look for to find the device.
static INTERFACE: GUID = GUID {
    Data1: 0x6F1C_2B0E,
    Data2: 0x52A4,
    Data3: 0x4C36,
    Data4: [0x9A, 0x53, 0x0B, 0x7E, 0x3F, 0x1D, 0x9C, 0x11],
};

/// `EvtDriverDeviceAdd`: the system has found a device for this driver.
pub(crate) extern "C" fn add(_driver: WDFDRIVER, mut init: PWDFDEVICE_INIT) -> NTSTATUS {
    // SAFETY: the framework lends `init` for this callback, at `PASSIVE_LEVEL`.
    let device = unsafe { create(&mut init) };
    // The framework takes back the device of a callback that fails.
    match device.and_then(|device| unsafe { equip(device) }) {
        Ok(()) => wdk_sys::STATUS_SUCCESS,
        Err(status) => status,
    }
}

unsafe fn create(init: &mut PWDFDEVICE_INIT) -> Result<WDFDEVICE, NTSTATUS> {
    let mut files = WDF_FILEOBJECT_CONFIG {
        Size: size_of::<WDF_FILEOBJECT_CONFIG>() as ULONG,
        EvtFileCleanup: Some(file_cleanup),
        AutoForwardCleanupClose: WdfUseDefault,
        FileObjectClass: WdfFileObjectWdfCannotUseFsContexts,
        ..WDF_FILEOBJECT_CONFIG::default()
    };
    let mut device = null_mut();
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceInitSetFileObjectConfig,
            *init,
            &raw mut files,
            WDF_NO_OBJECT_ATTRIBUTES,
        );
        let status = call_unsafe_wdf_function_binding!(
            WdfDeviceCreate,
            init,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut device,
        );
        done(status)?;
    }
    Ok(device)
}

unsafe fn equip(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    unsafe {
        let status = call_unsafe_wdf_function_binding!(
            WdfDeviceCreateDeviceInterface,
            device,
            &raw const INTERFACE,
            null(),
        );
        done(status)?;
    }
    queue::create(device)
}

/// `EvtFileCleanup`: the last handle is closed, so no caller waits for its reads any more.
extern "C" fn file_cleanup(file: WDFFILEOBJECT) {
    // SAFETY: the framework passes a file object of this device.
    let queue = unsafe {
        let device = call_unsafe_wdf_function_binding!(WdfFileObjectGetDevice, file);
        call_unsafe_wdf_function_binding!(WdfDeviceGetDefaultQueue, device)
    };
    queue::cancel_reads_of(queue, file);
}

/// An error, or nothing.
pub(crate) fn done(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if wdk::nt_success(status) {
        Ok(())
    } else {
        Err(status)
    }
}
