//! Names by which programs find a device: symbolic links and device interfaces.

use nt_io::unicode::UnicodeString;
use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::{DeviceBody, DeviceInterface};
use crate::device_init::Name;
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfString};
use crate::object::Ref;
use crate::pointer::In;

functions! {
    PASSIVE WdfDeviceCreateDeviceInterface = create_interface(
        device: WdfDevice, class: In<Guid>, reference: In<UnicodeString>) -> NtStatus;
    PASSIVE WdfDeviceSetDeviceInterfaceState = set_interface_state(
        device: WdfDevice, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    PASSIVE WdfDeviceSetDeviceInterfaceStateEx = set_interface_state_ex(
        device: WdfDevice, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    PASSIVE WdfDeviceRetrieveDeviceInterfaceString = retrieve_interface_string(
        device: WdfDevice, class: In<Guid>, reference: In<UnicodeString>,
        string: WdfString) -> NtStatus;
    PASSIVE WdfDeviceCreateSymbolicLink = create_link(
        device: WdfDevice, name: In<UnicodeString>) -> NtStatus;
}

/// Makes an interface visible. One that is enabled already keeps its name.
fn enable_interface(interface: &DeviceInterface, device: &DeviceBody) {
    let _ = nt_io::link_interface(&interface.link, &interface.class, device.physical());
}

fn create_link(call: &FrameworkCall, device: WdfDevice, name: In<UnicodeString>) -> NtStatus {
    let device = call.object(device, "Device");
    let name = name.required_text(call, "SymbolicLinkName");
    if name.is_empty() || device.state.lock().link.is_some() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if device.is_control() && device.init().name == Name::None {
        return NtStatus::INVALID_DEVICE_STATE;
    }
    // The framework links to the bus driver's device if the driver's own has no name.
    let target = match device.init().name {
        Name::None => device.physical(),
        Name::Given(_) | Name::Automatic => device.io(),
    };
    match nt_io::link(&name, target) {
        Ok(()) => {
            device.state.lock().link = Some(name);
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn create_interface(
    call: &FrameworkCall,
    device: WdfDevice,
    class: In<Guid>,
    reference: In<UnicodeString>,
) -> NtStatus {
    let device = call.object(device, "Device");
    let interface = named(call, &device, class, reference);
    if device.is_control() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let mut state = device.state.lock();
    // One that is created later waits until the driver enables it.
    let comes_with_start = !state.started;
    state.interfaces.push(DeviceInterface {
        comes_with_start,
        ..interface
    });
    NtStatus::SUCCESS
}

/// The device's interface of a class, as it is or would be.
fn named(
    call: &FrameworkCall,
    device: &DeviceBody,
    class: In<Guid>,
    reference: In<UnicodeString>,
) -> DeviceInterface {
    let class = class.required(call, "InterfaceClassGUID").to_string();
    let reference = reference
        .optional_text()
        .map(|reference| format!(r"\{reference}"));
    let link = format!(
        r"\??\ROOT#{}#{:04}#{class}{}",
        call.binding,
        device.init().instance,
        reference.unwrap_or_default()
    );
    DeviceInterface {
        link,
        class,
        comes_with_start: true,
    }
}

/// An interface that the device has.
fn find(
    call: &FrameworkCall,
    device: &DeviceBody,
    class: In<Guid>,
    reference: In<UnicodeString>,
) -> Option<DeviceInterface> {
    let wanted = named(call, device, class, reference);
    let state = device.state.lock();
    let mut interfaces = state.interfaces.iter();
    interfaces
        .find(|interface| interface.link == wanted.link)
        .cloned()
}

/// As [`set_interface_state`], also before the device is started: whether its start enables the
/// interface.
fn set_interface_state_ex(
    call: &FrameworkCall,
    device: WdfDevice,
    class: In<Guid>,
    reference: In<UnicodeString>,
    enabled: u8,
) {
    let owner = call.object(device, "Device");
    if owner.is_started() {
        return set_interface_state(call, device, class, reference, enabled);
    }
    let wanted = named(call, &owner, class, reference);
    let mut state = owner.state.lock();
    let mut interfaces = state.interfaces.iter_mut();
    if let Some(interface) = interfaces.find(|interface| interface.link == wanted.link) {
        interface.comes_with_start = enabled != 0;
    }
}

fn set_interface_state(
    call: &FrameworkCall,
    device: WdfDevice,
    class: In<Guid>,
    reference: In<UnicodeString>,
    enabled: u8,
) {
    let device = call.object(device, "Device");
    let Some(interface) = find(call, &device, class, reference) else {
        return;
    };
    if enabled == 0 {
        nt_io::unlink(&interface.link, device.physical());
    } else {
        enable_interface(&interface, &device);
    }
}

fn retrieve_interface_string(
    call: &FrameworkCall,
    device: WdfDevice,
    class: In<Guid>,
    reference: In<UnicodeString>,
    string: WdfString,
) -> NtStatus {
    let device = call.object(device, "Device");
    let string = call.object(string, "String");
    let Some(interface) = find(call, &device, class, reference) else {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    };
    string.set(&interface.link);
    NtStatus::SUCCESS
}

/// The device has started: makes its interfaces visible, but for those that the driver keeps back.
pub(crate) fn enable(device: &Ref<DeviceBody>) {
    let mut interfaces = device.state.lock().interfaces.clone();
    interfaces.retain(|interface| interface.comes_with_start);
    for interface in interfaces {
        enable_interface(&interface, device);
    }
}
