//! WDFKEY: open registry keys.

use std::sync::OnceLock;

use nt_io::unicode::UnicodeString;
use nt_kernel::registry::{self, paths, store};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfDevice, WdfDriver, WdfKey, tag};
use crate::object::{Body, HandleTag, ObjectAttributes, ParentRule, Rules, deletion};
use crate::pointer::{In, Out};
use crate::status;

functions! {
    PASSIVE WdfDriverOpenParametersRegistryKey = open_parameters(
        driver: WdfDriver, access: u32, attributes: In<ObjectAttributes>,
        key: Out<WdfKey>) -> NtStatus;
    PASSIVE WdfDriverOpenPersistentStateRegistryKey = open_persistent_state(
        driver: WdfDriver, access: u32, attributes: In<ObjectAttributes>,
        key: Out<WdfKey>) -> NtStatus;
    PASSIVE WdfDeviceOpenRegistryKey = open_of_device(
        device: WdfDevice, kind: u32, access: u32, attributes: In<ObjectAttributes>,
        key: Out<WdfKey>) -> NtStatus;
    PASSIVE WdfRegistryOpenKey = open_key(
        parent: WdfKey, name: In<UnicodeString>, access: u32,
        attributes: In<ObjectAttributes>, key: Out<WdfKey>) -> NtStatus;
    PASSIVE WdfRegistryCreateKey = create_key(
        parent: WdfKey, name: In<UnicodeString>, access: u32, options: u32,
        disposition: Out<u32>, attributes: In<ObjectAttributes>,
        key: Out<WdfKey>) -> NtStatus;
    PASSIVE WdfRegistryClose = close(key: WdfKey);
    PASSIVE WdfRegistryWdmGetHandle = get_handle(key: WdfKey) -> usize;
    PASSIVE WdfRegistryRemoveKey = remove(key: WdfKey) -> NtStatus;
}

/// `PLUGPLAY_REGKEY_DEVICE`.
const KEY_OF_DEVICE: u32 = 1;
/// `PLUGPLAY_REGKEY_DRIVER`.
const KEY_OF_DRIVER: u32 = 2;
/// The bits of these two.
const KEY_KINDS: u32 = 3;
/// `REG_CREATED_NEW_KEY`.
const CREATED: u32 = 1;
/// `REG_OPENED_EXISTING_KEY`.
const OPENED: u32 = 2;
/// Access beyond this is not for reading: `KEY_READ` and the generic right to read.
const READING: u32 = 0x8002_0019;

/// An open key.
pub(crate) struct KeyBody {
    path: String,
    /// The handle of the kernel's, if the driver has asked for it.
    handle: OnceLock<usize>,
}

impl KeyBody {
    fn new(path: String) -> Self {
        Self {
            path,
            handle: OnceLock::new(),
        }
    }

    /// Its full name.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for KeyBody {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.get() {
            registry::close_kernel_handle(*handle);
        }
    }
}

impl HandleTag for tag::Key {
    type Body = KeyBody;
}

impl Body for KeyBody {
    const KIND: Kind = Kind::Key;
    type Tag = tag::Key;
}

fn open_parameters(
    call: &FrameworkCall,
    driver: WdfDriver,
    access: u32,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    call.object(driver, "Driver");
    let key = key.required(call, "Key");
    let path = format!(r"{}\Parameters", call.binding.registry_path);
    if access & !READING != 0 {
        store::create(&path);
    }
    open(call, path, attributes, key)
}

/// The key for what the driver writes while it runs. It always exists; Windows does not document its
/// path.
fn open_persistent_state(
    call: &FrameworkCall,
    driver: WdfDriver,
    _access: u32,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    call.object(driver, "Driver");
    let key = key.required(call, "Key");
    let path = format!(r"{}\PersistentState", call.binding.registry_path);
    store::create(&path);
    open(call, path, attributes, key)
}

/// Opens a key that is there.
fn open(
    call: &FrameworkCall,
    path: String,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    if !store::exists(&path) {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    }
    let rules = Rules::plain(ParentRule::Optional);
    call.create(attributes, rules, KeyBody::new(path), key)
}

/// The key of a device, or that of its driver. Both are there.
fn open_of_device(
    call: &FrameworkCall,
    device: WdfDevice,
    kind: u32,
    _access: u32,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    let device = call.object(device, "Device");
    let key = key.required(call, "DeviceKey");
    if device.is_control() || !matches!(kind & KEY_KINDS, KEY_OF_DEVICE | KEY_OF_DRIVER) {
        return NtStatus::INVALID_DEVICE_REQUEST;
    }
    let service = call.binding;
    let path = match kind & KEY_KINDS {
        KEY_OF_DRIVER => paths::software(&service.to_string()),
        _ => paths::device(&format!(r"ROOT\{service}\0000")),
    };
    store::create(&path);
    open(call, path, attributes, key)
}

/// The full name of a key: below `parent`, if that is given, otherwise `name` itself.
fn name_below(call: &FrameworkCall, parent: WdfKey, name: In<UnicodeString>) -> String {
    let name = name.required_text(call, "KeyName");
    match call.optional_object(parent, "ParentKey") {
        Some(parent) => format!(r"{}\{name}", parent.path),
        None => name,
    }
}

fn open_key(
    call: &FrameworkCall,
    parent: WdfKey,
    name: In<UnicodeString>,
    _access: u32,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    let key = key.required(call, "Key");
    open(call, name_below(call, parent, name), attributes, key)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the prototype is the framework's"
)]
fn create_key(
    call: &FrameworkCall,
    parent: WdfKey,
    name: In<UnicodeString>,
    _access: u32,
    _options: u32,
    disposition: Out<u32>,
    attributes: In<ObjectAttributes>,
    key: Out<WdfKey>,
) -> NtStatus {
    let key = key.required(call, "Key");
    let path = name_below(call, parent, name);
    let was_there = store::exists(&path);
    store::create(&path);
    let status = open(call, path, attributes, key);
    if status.is_success() {
        disposition.set(if was_there { OPENED } else { CREATED });
    }
    status
}

fn close(call: &FrameworkCall, key: WdfKey) {
    deletion::delete(call.object(key, "Key").object());
}

/// Removes the key, and deletes the object. A key that has keys below it stays, as for `ZwDeleteKey`.
fn remove(call: &FrameworkCall, key: WdfKey) -> NtStatus {
    let key = call.object(key, "Key");
    if store::delete(&key.path).is_err() {
        return status::CANNOT_DELETE;
    }
    deletion::delete(key.object());
    NtStatus::SUCCESS
}

/// A handle of the kernel's, which is open as long as the key.
fn get_handle(call: &FrameworkCall, key: WdfKey) -> usize {
    let key = call.object(key, "Key");
    let open = || registry::open_kernel_handle(&key.path);
    *key.handle.get_or_init(open)
}
