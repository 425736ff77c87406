//! The device and its name.

use core::ptr::{null, null_mut};

use wdk_sys::{
    _WDF_FILEOBJECT_CLASS::WdfFileObjectWdfCannotUseFsContexts, _WDF_TRI_STATE::WdfUseDefault,
    GUID, NTSTATUS, PWDFDEVICE_INIT, STATUS_SUCCESS, ULONG, WDF_FILEOBJECT_CONFIG,
    WDF_NO_OBJECT_ATTRIBUTES, WDFDEVICE, WDFDRIVER, call_unsafe_wdf_function_binding,
};

use crate::text::{unicode, wide};
use crate::{caller, irp, queue};

static NAME: [u16; 17] = wide(r"\Device\Inspector");
static LINK: [u16; 21] = wide(r"\DosDevices\Inspector");

/// `{6F1C2B0F-52A4-4C36-9A53-0B7E3F1D9C11}`: an interface that is not there from the start.
const HIDDEN: GUID = GUID {
    Data1: 0x6F1C_2B0F,
    Data2: 0x52A4,
    Data3: 0x4C36,
    Data4: [0x9A, 0x53, 0x0B, 0x7E, 0x3F, 0x1D, 0x9C, 0x11],
};

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
    let (link, interface) = (unicode(&LINK), HIDDEN);
    // SAFETY: the device was made just now, and no handle to it can be open yet.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceCreateSymbolicLink,
            device,
            &raw const link,
        ))?;
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceCreateDeviceInterface,
            device,
            &raw const interface,
            null(),
        ))?;
    }
    show_hidden(device, false);
    queue::create_default(device)?;
    queue::create_for_creates(device)
}

/// Whether the hidden interface is to be seen.
pub(crate) fn show_hidden(device: WDFDEVICE, shown: bool) {
    let interface = HIDDEN;
    // SAFETY: the device is there; the identifier is read only.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceSetDeviceInterfaceStateEx,
            device,
            &raw const interface,
            null(),
            shown.into(),
        );
    }
}

/// An error, or nothing.
pub(crate) fn done(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if wdk::nt_success(status) {
        Ok(())
    } else {
        Err(status)
    }
}
