//! Settings of a device that have no effect in this host: it does not list devices for users, eject
//! them, rebalance resources or shut down.

use nt_types::Guid;

use crate::call::FrameworkCall;
use crate::device_init::InitHandle;
use crate::function_entry::functions;
use crate::handle::WdfDevice;
use crate::pointer::In;

functions! {
    DISPATCH WdfControlDeviceInitSetShutdownNotification = set_shutdown_notification(
        init: InitHandle, callback: usize, flags: u8);
    DISPATCH WdfDeviceSetDeviceState = set_device_state(device: WdfDevice, state: In<u32>);
    DISPATCH WdfDeviceInitSetDeviceClass = set_device_class(init: InitHandle, class: In<Guid>);
    DISPATCH WdfDeviceSetStaticStopRemove = set_stop_remove(
        device: WdfDevice, stoppable: u8);
    DISPATCH WdfDeviceSetPnpCapabilities = set_pnp_capabilities(
        device: WdfDevice, capabilities: In<u32>);
    DISPATCH WdfDeviceInitSetRemoveLockOptions = set_remove_lock(
        init: InitHandle, options: In<u32>);
}

fn set_shutdown_notification(call: &FrameworkCall, init: InitHandle, callback: usize, _flags: u8) {
    call.init(init);
    if callback == 0 {
        call.null("Notification");
    }
}

fn set_device_state(call: &FrameworkCall, device: WdfDevice, state: In<u32>) {
    call.object(device, "Device");
    state.required(call, "DeviceState");
}

fn set_device_class(call: &FrameworkCall, init: InitHandle, class: In<Guid>) {
    call.init(init);
    class.required(call, "DeviceClassGuid");
}

fn set_stop_remove(call: &FrameworkCall, device: WdfDevice, _stoppable: u8) {
    call.object(device, "Device");
}

fn set_pnp_capabilities(call: &FrameworkCall, device: WdfDevice, capabilities: In<u32>) {
    call.object(device, "Device");
    capabilities.required(call, "PnpCapabilities");
}

fn set_remove_lock(call: &FrameworkCall, init: InitHandle, options: In<u32>) {
    call.init(init);
    options.required(call, "Options");
}
