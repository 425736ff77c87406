//! Control devices: devices that stand for no hardware.

use super::call::Call;
use super::device::{Device, DeviceKind};
use super::device_init::{DeviceInit, InitHandle, Name, hand_out};
use super::driver::Driver;
use super::functions::functions;
use super::handle::Handle;
use super::pointer::In;
use super::violation::Violation;
use crate::io::unicode::UnicodeString;

functions! {
    PASSIVE WdfControlDeviceInitAllocate = allocate_init(
        driver: Handle<Driver>, sddl: In<UnicodeString>) -> InitHandle;
    DISPATCH WdfControlFinishInitializing = finish_initializing(device: Handle<Device>);
}

fn allocate_init(call: &Call, driver: Handle<Driver>, sddl: In<UnicodeString>) -> InitHandle {
    call.object(driver, "Driver");
    let sddl = sddl.required(call, "SDDLString").text();
    hand_out(DeviceInit::new(
        DeviceKind::Control,
        Name::Automatic,
        Some(sddl),
    ))
}

fn finish_initializing(call: &Call, device: Handle<Device>) {
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
