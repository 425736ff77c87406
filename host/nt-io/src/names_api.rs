//! Symbolic links and device interfaces of a driver that creates its devices itself.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{fault, pool, resource_tracker};
use nt_types::{Guid, NtStatus};
use parking_lot::Mutex;

use crate::device::Device;
use crate::unicode::UnicodeString;
use crate::{devices, instance_path, namespace};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoCreateSymbolicLink,
        IoCreateUnprotectedSymbolicLink,
        IoDeleteSymbolicLink,
        IoRegisterDeviceInterface,
        IoSetDeviceInterfaceState,
    ]
}

/// What the resource tracker calls a symbolic link.
const TRACKED_KIND: &str = "symbolic link";
/// The pool tag of the names of interfaces: `IoIn`.
const TAG: u32 = u32::from_le_bytes(*b"IoIn");

/// The numbers of the driver's symbolic links in the resource tracker, by their names.
static LINKS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// A device interface that has been registered.
struct Registered {
    class: String,
    physical: Arc<Device>,
    enabled: bool,
}

/// The interfaces, by their symbolic links.
static INTERFACES: LazyLock<Mutex<HashMap<String, Registered>>> = LazyLock::new(Mutex::default);

/// The text of a name that the driver gave.
fn text(name: *const UnicodeString) -> String {
    // SAFETY: by contract NULL or a name, whose buffer has its length.
    unsafe { UnicodeString::text_at(name) }
}

/// `PASSIVE_LEVEL`. The target is a name, which a device may get later.
extern "win64" fn IoCreateSymbolicLink(
    link: *const UnicodeString,
    target: *const UnicodeString,
) -> NtStatus {
    const NAME: &str = "IoCreateSymbolicLink";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let (link, target) = (text(link), text(target));
    if let Err(status) = namespace::link_to_name(&link, &target) {
        return status;
    }
    let mut links = LINKS.lock();
    let number = links.values().max().map_or(1, |last| last + 1);
    links.insert(link.to_uppercase(), number);
    drop(links);
    resource_tracker::record(TRACKED_KIND, number, format!("{link}, to {target}"));
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`.
extern "win64" fn IoCreateUnprotectedSymbolicLink(
    link: *const UnicodeString,
    target: *const UnicodeString,
) -> NtStatus {
    IoCreateSymbolicLink(link, target)
}

/// `PASSIVE_LEVEL`.
extern "win64" fn IoDeleteSymbolicLink(link: *const UnicodeString) -> NtStatus {
    irql::require_at_most("IoDeleteSymbolicLink", Irql::PASSIVE);
    let link = text(link);
    if let Some(number) = LINKS.lock().remove(&link.to_uppercase()) {
        resource_tracker::release(TRACKED_KIND, number);
    }
    if namespace::remove_link(&link) {
        NtStatus::SUCCESS
    } else {
        NtStatus::OBJECT_NAME_NOT_FOUND
    }
}

/// `PASSIVE_LEVEL`. `out` gets the symbolic link, which the driver frees with `RtlFreeUnicodeString`.
extern "win64" fn IoRegisterDeviceInterface(
    physical: usize,
    class: *const Guid,
    reference: *const UnicodeString,
    out: *mut UnicodeString,
) -> NtStatus {
    const NAME: &str = "IoRegisterDeviceInterface";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let path = instance_path::of(physical);
    let (Some(path), Some(device)) = (path, devices::at(physical)) else {
        // STATUS_INVALID_DEVICE_REQUEST is what a device that the PnP manager did not find gets.
        return NtStatus::INVALID_DEVICE_REQUEST;
    };
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract the driver's GUID.
    let class = unsafe { class.read() }.to_string();
    let reference = text(reference);
    let reference = if reference.is_empty() {
        reference
    } else {
        format!(r"\{reference}")
    };
    let link = format!(r"\??\{path}#{class}{reference}");
    let Some(name) = pool_string(&link) else {
        return NtStatus::INSUFFICIENT_RESOURCES;
    };
    // SAFETY: by contract the caller's variable.
    unsafe { out.write(name) };
    INTERFACES.lock().entry(link).or_insert(Registered {
        class,
        physical: device,
        enabled: false,
    });
    NtStatus::SUCCESS
}

/// A copy of `text` in paged pool.
fn pool_string(text: &str) -> Option<UnicodeString> {
    let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let bytes = units.len() * size_of::<u16>();
    let buffer = pool::allocate(false, bytes, TAG)?.cast::<u16>();
    let source = std::ptr::NonNull::from(&units[..]).cast();
    // SAFETY: just allocated with this size.
    unsafe { buffer.copy_from_nonoverlapping(source, units.len()) };
    let maximum_length = u16::try_from(bytes).ok()?;
    Some(UnicodeString {
        length: maximum_length - 2,
        maximum_length,
        buffer: buffer.as_ptr(),
    })
}

/// `PASSIVE_LEVEL`.
extern "win64" fn IoSetDeviceInterfaceState(name: *const UnicodeString, enable: u8) -> NtStatus {
    /// `STATUS_OBJECT_NAME_EXISTS`: it is enabled already.
    const OBJECT_NAME_EXISTS: NtStatus = NtStatus::new(0x4000_0000);
    const NAME: &str = "IoSetDeviceInterfaceState";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let link = text(name);
    let mut interfaces = INTERFACES.lock();
    let Some(interface) = interfaces.get_mut(&link) else {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    };
    match (enable != 0, interface.enabled) {
        (true, true) => OBJECT_NAME_EXISTS,
        (false, false) => NtStatus::OBJECT_NAME_NOT_FOUND,
        (false, true) => {
            interface.enabled = false;
            namespace::remove_link(&link);
            NtStatus::SUCCESS
        }
        (true, false) => {
            if fault::inject(NAME) {
                return NtStatus::INSUFFICIENT_RESOURCES;
            }
            interface.enabled = true;
            let linked = namespace::link_interface(&link, &interface.class, &interface.physical);
            linked.err().unwrap_or(NtStatus::SUCCESS)
        }
    }
}

/// The device has gone, and its interfaces with it.
pub(crate) fn forget_interfaces(physical: &Device) {
    let mut interfaces = INTERFACES.lock();
    let gone: Vec<_> = interfaces
        .extract_if(|_, interface| std::ptr::eq(&raw const *interface.physical, physical))
        .collect();
    drop(interfaces);
    for (link, _) in gone {
        namespace::unlink(&link, physical);
    }
}
