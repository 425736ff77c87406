//! The device and its name.

use core::ptr::null_mut;

use wdk_sys::{
    _WDF_FILEOBJECT_CLASS::WdfFileObjectWdfCannotUseFsContexts, _WDF_TRI_STATE::WdfUseDefault,
    NTSTATUS, PWDFDEVICE_INIT, STATUS_SUCCESS, ULONG, WDF_FILEOBJECT_CONFIG,
    WDF_NO_OBJECT_ATTRIBUTES, WDFDEVICE, WDFDRIVER, call_unsafe_wdf_function_binding,
};

use crate::text::{unicode, wide};
use crate::{caller, irp, queue};

static NAME: [u16; 17] = wide(r"\Device\Inspector");
static LINK: [u16; 21] = wide(r"\DosDevices\Inspector");

/// `IRP_MJ_WRITE`.
const WRITE: u8 = 4;

/// `EvtDriverDeviceAdd`: the system has found a device for this driver.
pub(crate) extern "C" fn add(_driver: WDFDRIVER, mut init: PWDFDEVICE_INIT) -> NTSTATUS {
    let device = create(&mut init);
    // The framework takes back the device of a callback that fails.
    match device.and_then(equip) {
        Ok(()) => STATUS_SUCCESS,
        Err(status) => status,
    }
}

fn create(init: &mut PWDFDEVICE_INIT) -> Result<WDFDEVICE, NTSTATUS> {
    let mut files = WDF_FILEOBJECT_CONFIG {
        Size: size_of::<WDF_FILEOBJECT_CONFIG>() as ULONG,
        AutoForwardCleanupClose: WdfUseDefault,
        FileObjectClass: WdfFileObjectWdfCannotUseFsContexts,
        ..WDF_FILEOBJECT_CONFIG::default()
    };
    let name = unicode(&NAME);
    let mut device = null_mut();
    // SAFETY: the framework lends `init` for this callback; the structures outlive the calls.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceInitSetFileObjectConfig,
            *init,
            &raw mut files,
            WDF_NO_OBJECT_ATTRIBUTES,
        );
        call_unsafe_wdf_function_binding!(
            WdfDeviceInitSetIoInCallerContextCallback,
            *init,
            Some(caller::in_caller_context),
        );
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceInitAssignWdmIrpPreprocessCallback,
            *init,
            Some(irp::preprocess),
            WRITE,
            null_mut(),
            0,
        ))?;
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceInitAssignName,
            *init,
            &raw const name,
        ))?;
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceCreate,
            init,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut device,
        ))?;
    }
    Ok(device)
}

fn equip(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let link = unicode(&LINK);
    // SAFETY: the device was made just now, and nobody can open it yet.
    done(unsafe {
        call_unsafe_wdf_function_binding!(WdfDeviceCreateSymbolicLink, device, &raw const link)
    })?;
    queue::create_default(device)?;
    queue::create_for_creates(device)
}

/// An error, or nothing.
pub(crate) fn done(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if wdk::nt_success(status) {
        Ok(())
    } else {
        Err(status)
    }
}
