//! Names by which programs find a device: symbolic links and device interfaces.

use abi::status::NtStatus;

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
    77 PASSIVE WdfDeviceCreateDeviceInterface = create_interface(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>) -> NtStatus;
    78 PASSIVE WdfDeviceSetDeviceInterfaceState = set_interface_state(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    457 PASSIVE WdfDeviceSetDeviceInterfaceStateEx = set_interface_state_ex(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>, enabled: u8);
    79 PASSIVE WdfDeviceRetrieveDeviceInterfaceString = retrieve_interface_string(
        device: Handle<Device>, class: In<Guid>, reference: In<UnicodeString>,
        string: Handle<WdfString>) -> NtStatus;
    80 PASSIVE WdfDeviceCreateSymbolicLink = create_link(
        device: Handle<Device>, name: In<UnicodeString>) -> NtStatus;
}

/// `GUID` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Guid {
    first: u32,
    second: u16,
    third: u16,
    rest: [u8; 8],
}

impl std::fmt::Display for Guid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (pair, node) = self.rest.split_at(2);
        write!(
            formatter,
            "{{{:08x}-{:04x}-{:04x}-",
            self.first, self.second, self.third
        )?;
        for byte in pair {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str("-")?;
        for byte in node {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str("}")
    }
}

/// A device interface: a symbolic link that exists while the device is started and the interface is
/// enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: String,
    /// Whether the start of the device enables it.
    comes_with_start: bool,
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
    let link = link_of(call, &device, class, reference);
    if device.is_control() {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let mut state = device.state.lock();
    // One that is created later waits until the driver enables it.
    let comes_with_start = !state.started;
    state.interfaces.push(Interface {
        link,
        comes_with_start,
    });
    NtStatus::SUCCESS
}

/// The name of the link that an interface is.
fn link_of(call: &Call, device: &Device, class: In<Guid>, reference: In<UnicodeString>) -> String {
    let class = class.required(call, "InterfaceClassGUID");
    let reference = reference
        .optional()
        .map(|reference| format!(r"\{}", reference.text()));
    format!(
        r"\??\ROOT#{}#{:04}#{class}{}",
        call.binding,
        device.init().instance,
        reference.unwrap_or_default()
    )
}

/// The link of an interface that the device has.
fn find(device: &Device, link: &str) -> Option<String> {
    let state = device.state.lock();
    let mut links = state.interfaces.iter().map(|interface| &interface.link);
    links.find(|other| *other == link).cloned()
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
    let link = link_of(call, &owner, class, reference);
    let mut state = owner.state.lock();
    let mut interfaces = state.interfaces.iter_mut();
    if let Some(interface) = interfaces.find(|interface| interface.link == link) {
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
    let Some(link) = find(&device, &link_of(call, &device, class, reference)) else {
        return;
    };
    if enabled == 0 {
        io::unlink(&link, device.io());
    } else {
        // One that is enabled already keeps its name.
        let _ = io::link(&link, device.io());
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
    let Some(link) = find(&device, &link_of(call, &device, class, reference)) else {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    };
    string.set(&link);
    NtStatus::SUCCESS
}

/// The device has started: makes its interfaces visible, but for those that the driver keeps back.
pub(super) fn enable(device: &Ref<Device>) {
    let mut interfaces = device.state.lock().interfaces.clone();
    interfaces.retain(|interface| interface.comes_with_start);
    for interface in interfaces {
        // One that is enabled already keeps its name.
        let _ = io::link(&interface.link, device.io());
    }
}
