//! The control device: its name, its security descriptor, its queues and its other objects.

use core::ptr::null_mut;

use wdk_sys::{
    _WDF_FILEOBJECT_CLASS::WdfFileObjectWdfCannotUseFsContexts, _WDF_TRI_STATE::WdfUseDefault,
    NTSTATUS, PWDFDEVICE_INIT, STATUS_INSUFFICIENT_RESOURCES, ULONG, WDF_FILEOBJECT_CONFIG,
    WDFDEVICE, WDFDRIVER, call_unsafe_wdf_function_binding,
};

use crate::context::Context;
use crate::file::{self, Sender};
use crate::mailbox::Mailbox;
use crate::queue;
use crate::text::{unicode, wide};

static NAME: [u16; 15] = wide(r"\Device\Mailbox");
static LINK: [u16; 19] = wide(r"\DosDevices\Mailbox");
/// Only the system and administrators.
static SECURITY: [u16; 27] = wide("D:P(A;;GA;;;SY)(A;;GA;;;BA)");

/// Creates the device and opens it to programs.
pub(crate) fn create(driver: WDFDRIVER) -> Result<WDFDEVICE, NTSTATUS> {
    let security = unicode(&SECURITY);
    // SAFETY: the driver's handle, at `PASSIVE_LEVEL`.
    let mut init = unsafe {
        call_unsafe_wdf_function_binding!(WdfControlDeviceInitAllocate, driver, &raw const security,)
    };
    if init.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    let created = initialise(&mut init);
    if !init.is_null() {
        // SAFETY: only a device that was created takes it over, and leaves NULL.
        unsafe { call_unsafe_wdf_function_binding!(WdfDeviceInitFree, init) };
    }
    let device = created?;
    equip(device)?;
    // SAFETY: the device is complete.
    unsafe { call_unsafe_wdf_function_binding!(WdfControlFinishInitializing, device) };
    Ok(device)
}

fn initialise(init: &mut PWDFDEVICE_INIT) -> Result<WDFDEVICE, NTSTATUS> {
    let mut files = WDF_FILEOBJECT_CONFIG {
        Size: size_of::<WDF_FILEOBJECT_CONFIG>() as ULONG,
        EvtDeviceFileCreate: Some(file::create),
        EvtFileCleanup: Some(file::cleanup),
        AutoForwardCleanupClose: WdfUseDefault,
        FileObjectClass: WdfFileObjectWdfCannotUseFsContexts,
        ..WDF_FILEOBJECT_CONFIG::default()
    };
    let name = unicode(&NAME);
    let mut device = null_mut();
    let (mut of_file, mut of_device) = (Sender::attributes(), Mailbox::attributes());
    // SAFETY: `init` is ours until a device takes it; the structures outlive the calls.
    unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDeviceInitSetFileObjectConfig,
            *init,
            &raw mut files,
            &raw mut of_file,
        );
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceInitAssignName,
            *init,
            &raw const name,
        ))?;
        done(call_unsafe_wdf_function_binding!(
            WdfDeviceCreate,
            init,
            &raw mut of_device,
            &raw mut device,
        ))?;
    }
    Ok(device)
}

fn equip(device: WDFDEVICE) -> Result<(), NTSTATUS> {
    let mailbox = Mailbox::new(device)?;
    // SAFETY: the device was made just now, and no handle to it can be open yet.
    unsafe { mailbox.put(device.cast()) };
    let link = unicode(&LINK);
    // SAFETY: as above.
    done(unsafe {
        call_unsafe_wdf_function_binding!(WdfDeviceCreateSymbolicLink, device, &raw const link)
    })?;
    queue::create_default(device)
}

/// An error, or nothing.
pub(crate) fn done(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if wdk::nt_success(status) {
        Ok(())
    } else {
        Err(status)
    }
}
