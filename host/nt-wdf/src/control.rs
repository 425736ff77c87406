//! Control devices: devices without hardware.

use nt_io::unicode::UnicodeString;

use crate::call::FrameworkCall;
use crate::device_init::{DeviceKind, DeviceSettings, InitHandle, Name, register_init};
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfDriver};
use crate::pointer::In;
use crate::violation::Violation;

functions! {
    PASSIVE WdfControlDeviceInitAllocate = allocate_init(
        driver: WdfDriver, sddl: In<UnicodeString>) -> InitHandle;
    DISPATCH WdfControlFinishInitializing = finish_initializing(device: WdfDevice);
}

fn allocate_init(call: &FrameworkCall, driver: WdfDriver, sddl: In<UnicodeString>) -> InitHandle {
    call.object(driver, "Driver");
    let sddl = sddl.required_text(call, "SDDLString");
    register_init(DeviceSettings::new(
        DeviceKind::Control,
        Name::Automatic,
        Some(sddl),
    ))
}

fn finish_initializing(call: &FrameworkCall, device: WdfDevice) {
    let device = call.object(device, "Device");
    if !device.is_control() {
        call.violation(
            Violation::VerifierFatalError,
            device.value(),
            "this is no control device",
        );
    }
    device.io().set_ready(true);
}
