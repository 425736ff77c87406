//! WDFKEY: registry keys. The host's registry has none but the service keys, without parameters.

use abi::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::deletion;
use super::driver::Driver;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::Body;
use super::pointer::{In, Out};
use super::status;
use crate::io::unicode::UnicodeString;
use crate::kernel::fault;

functions! {
    119 PASSIVE WdfDriverOpenParametersRegistryKey = open_parameters(
        driver: Handle<Driver>, access: u32, attributes: In<ObjectAttributes>,
        key: Out<Handle<Key>>) -> NtStatus;
    231 PASSIVE WdfRegistryClose = close(key: Handle<Key>);
    240 PASSIVE WdfRegistryQueryULong = query_ulong(
        key: Handle<Key>, name: In<UnicodeString>, value: Out<u32>) -> NtStatus;
}

/// `REG_DWORD`.
const REG_DWORD: u32 = 4;
/// Access beyond this is not for reading: `KEY_READ` and the generic right to read.
const READING: u32 = 0x8002_0019;

/// An open key.
pub(crate) struct Key {
    path: String,
}

impl Body for Key {
    const KIND: Kind = Kind::Key;
}

/// The values of all keys, in memory.
pub(crate) mod registry {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use parking_lot::RwLock;

    /// A value: its type and its bytes.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Value {
        pub(crate) kind: u32,
        pub(crate) bytes: Vec<u8>,
    }

    type Values = HashMap<String, Value>;

    static KEYS: LazyLock<RwLock<HashMap<String, Values>>> = LazyLock::new(RwLock::default);

    /// Whether there is such a key.
    pub(crate) fn exists(key: &str) -> bool {
        KEYS.read().contains_key(&key.to_uppercase())
    }

    /// Creates the key, unless it is there.
    pub(crate) fn create(key: &str) {
        KEYS.write().entry(key.to_uppercase()).or_default();
    }

    /// A value of a key.
    pub(crate) fn query(key: &str, name: &str) -> Option<Value> {
        let keys = KEYS.read();
        keys.get(&key.to_uppercase())?
            .get(&name.to_uppercase())
            .cloned()
    }

    /// Sets a value of a key, which is created.
    #[cfg(test)]
    pub(crate) fn set(key: &str, name: &str, value: Value) {
        let mut keys = KEYS.write();
        let values = keys.entry(key.to_uppercase()).or_default();
        values.insert(name.to_uppercase(), value);
    }
}

fn open_parameters(
    call: &Call,
    driver: Handle<Driver>,
    access: u32,
    attributes: In<ObjectAttributes>,
    key: Out<Handle<Key>>,
) -> NtStatus {
    call.object(driver, "Driver");
    let key = key.required(call, "Key");
    let path = format!(r"{}\Parameters", call.binding.registry_path);
    if access & !READING != 0 {
        registry::create(&path);
    }
    if !registry::exists(&path) {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    }
    call.create(
        attributes,
        Rules::plain(ParentRule::Optional),
        Key { path },
        key,
    )
}

fn query_ulong(call: &Call, key: Handle<Key>, name: In<UnicodeString>, out: Out<u32>) -> NtStatus {
    let key = call.object(key, "Key");
    let name = name.required(call, "ValueName").text();
    let out = out.required(call, "Value");
    if fault::inject(call.function) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let Some(value) = registry::query(&key.path, &name) else {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    };
    match (value.kind, <[u8; 4]>::try_from(value.bytes)) {
        (REG_DWORD, Ok(bytes)) => {
            out.set(u32::from_le_bytes(bytes));
            NtStatus::SUCCESS
        }
        _ => status::OBJECT_TYPE_MISMATCH,
    }
}

fn close(call: &Call, key: Handle<Key>) {
    deletion::delete(call.object(key, "Key").object());
}
