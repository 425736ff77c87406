//! The keys of the registry and their values, in memory.

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
pub(crate) fn set(key: &str, name: &str, value: Value) {
    let mut keys = KEYS.write();
    let values = keys.entry(key.to_uppercase()).or_default();
    values.insert(name.to_uppercase(), value);
}
