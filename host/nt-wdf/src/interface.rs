//! Names by which programs find a device: symbolic links and device interfaces.

use nt_types::Guid;
use nt_types::status::NtStatus;

use super::call::Call;
use super::device::Device;
use super::device_init::Name;
use super::functions::functions;
use super::handle::Handle;
use super::object::Ref;
use super::pointer::In;
use super::string::WdfString;
use crate::io;
use crate::io::unicode::UnicodeString;

functions! {
    PASSIVE WdfDeviceCreateDeviceInterface = create_interface(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>) -> NtStatus;
    PASSIVE WdfDeviceSetDeviceInterfaceState = set_interface_state(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    PASSIVE WdfDeviceSetDeviceInterfaceStateEx = set_interface_state_ex(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    PASSIVE WdfDeviceRetrieveDeviceInterfaceString = retrieve_interface_string(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>,
        string: Handle<WdfString>) -> NtStatus;
    PASSIVE WdfDeviceCreateSymbolicLink = create_link(
        device: Handle<Device>, name: In<UnicodeString>) -> NtStatus;
}

/// A device interface: a symbolic link that exists while the device is started and the interface is
/// enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: String,
    /// Its class, as it is in the link.
    class: String,
    /// Whether the start of the device enables it.
    comes_with_start: bool,
}

impl Interface {
    fn enable(&self, device: &Device) {
        // One that is enabled already keeps its name.
        let _ = io::link_interface(&self.link, &self.class, device.io());
    }
}

fn create_link(call: &Call, device: Handle<Device>, name: In<UnicodeString>) -> NtStatus {
    let device = call.object(device, "Device");
    let name = name.required(call, "SymbolicLinkName").text();
    if name.is_empty() || device.state.lock().link.is_some() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    if device.is_control() && device.init().name == Name::None {
        return NtStatus::INVALID_DEVICE_STATE;
    }
    match io::link(&name, device.io()) {
        Ok(()) => {
            device.state.lock().link = Some(name);
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn create_interface(
    call: &Call,
    device: Handle<Device>,
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
    state.interfaces.push(Interface {
        comes_with_start,
        ..interface
    });
    NtStatus::SUCCESS
}

/// The device's interface of a class, as it is or would be.
fn named(call: &Call, device: &Device, class: In<Guid>, reference: In<UnicodeString>) -> Interface {
    let class = class.required(call, "InterfaceClassGUID").to_string();
    let reference = reference
        .optional()
        .map(|reference| format!(r"\{}", reference.text()));
    let link = format!(
        r"\??\ROOT#{}#{:04}#{class}{}",
        call.binding,
        device.init().instance,
        reference.unwrap_or_default()
    );
    Interface {
        link,
        class,
        comes_with_start: true,
    }
}

/// An interface that the device has.
fn find(
    call: &Call,
    device: &Device,
    class: In<Guid>,
    reference: In<UnicodeString>,
) -> Option<Interface> {
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
    call: &Call,
    device: Handle<Device>,
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
    call: &Call,
    device: Handle<Device>,
    class: In<Guid>,
    reference: In<UnicodeString>,
    enabled: u8,
) {
    let device = call.object(device, "Device");
    let Some(interface) = find(call, &device, class, reference) else {
        return;
    };
    if enabled == 0 {
        io::unlink(&interface.link, device.io());
    } else {
        interface.enable(&device);
    }
}

fn retrieve_interface_string(
    call: &Call,
    device: Handle<Device>,
    class: In<Guid>,
    reference: In<UnicodeString>,
    string: Handle<WdfString>,
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
pub(super) fn enable(device: &Ref<Device>) {
    let mut interfaces = device.state.lock().interfaces.clone();
    interfaces.retain(|interface| interface.comes_with_start);
    for interface in interfaces {
        interface.enable(device);
    }
}
