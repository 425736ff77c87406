//! The keys of the registry and their values. Names are found in any case, and kept as they were given.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use parking_lot::RwLock;

/// A value: its type and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// `REG_SZ` and its like.
    pub kind: u32,
    /// The bytes; text is UTF-16, with its NUL.
    pub bytes: Vec<u8>,
}

/// A key without the keys below it.
#[derive(Default)]
struct Key {
    /// The last part of its name.
    name: String,
    /// By their names in upper case.
    values: BTreeMap<String, (String, Value)>,
}

/// The keys, by their full names in upper case: those below a key follow it.
static KEYS: LazyLock<RwLock<BTreeMap<String, Key>>> = LazyLock::new(RwLock::default);

/// Whether there is such a key.
#[must_use]
pub fn exists(key: &str) -> bool {
    KEYS.read().contains_key(&normalize(key))
}

/// Creates the key and those above it, unless they are there.
pub fn create(key: &str) {
    let mut keys = KEYS.write();
    let mut path = String::new();
    for name in names(key) {
        path.push('\\');
        path.push_str(&name.to_uppercase());
        keys.entry(path.clone()).or_insert_with(|| Key {
            name: name.to_owned(),
            ..Key::default()
        });
    }
}

/// Deletes a key without keys below it. Whether there was one.
///
/// # Errors
///
/// There are keys below it.
pub fn delete(key: &str) -> Result<bool, HasSubkeys> {
    let path = normalize(key);
    let mut keys = KEYS.write();
    if !below(&keys, &path).is_empty() {
        return Err(HasSubkeys);
    }
    Ok(keys.remove(&path).is_some())
}

/// A key has keys below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasSubkeys;

/// The names of the keys right below a key, in the order of their names.
#[must_use]
pub fn subkeys(key: &str) -> Vec<String> {
    below(&KEYS.read(), &normalize(key))
}

/// A value of a key.
#[must_use]
pub fn query(key: &str, name: &str) -> Option<Value> {
    let keys = KEYS.read();
    let (_, value) = keys
        .get(&normalize(key))?
        .values
        .get(&name.to_uppercase())?;
    Some(value.clone())
}

/// The values of a key with their names, in the order of these.
#[must_use]
pub fn values(key: &str) -> Vec<(String, Value)> {
    let keys = KEYS.read();
    let found = keys.get(&normalize(key));
    found.map_or_else(Vec::new, |key| key.values.values().cloned().collect())
}

/// Sets a value of a key, which is created.
pub fn set(key: &str, name: &str, value: Value) {
    create(key);
    if let Some(key) = KEYS.write().get_mut(&normalize(key)) {
        let named = (name.to_owned(), value);
        key.values.insert(name.to_uppercase(), named);
    }
}

/// Deletes a value; whether there was one.
pub fn delete_value(key: &str, name: &str) -> bool {
    let mut keys = KEYS.write();
    let found = keys.get_mut(&normalize(key));
    found.is_some_and(|key| key.values.remove(&name.to_uppercase()).is_some())
}

/// The name of the key above this one.
pub(super) fn parent(key: &str) -> Option<String> {
    let path = normalize(key);
    let (parent, _) = path.rsplit_once('\\')?;
    Some(parent.to_owned())
}

fn names(key: &str) -> impl Iterator<Item = &str> {
    key.split('\\').filter(|name| !name.is_empty())
}

fn normalize(key: &str) -> String {
    let names = names(key).flat_map(|name| ["\\".to_owned(), name.to_uppercase()]);
    names.collect()
}

fn below(keys: &BTreeMap<String, Key>, path: &str) -> Vec<String> {
    let prefix = format!("{path}\\");
    let deeper = keys.range(prefix.clone()..);
    let deeper = deeper.take_while(|(name, _)| name.starts_with(&prefix));
    let right_below = deeper.filter(|(name, _)| !name[prefix.len()..].contains('\\'));
    right_below.map(|(_, key)| key.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_those_below_it_and_its_values() {
        let path = r"\Registry\Machine\StoreTest";
        create(&format!(r"{path}\One\Deep"));
        create(&format!(r"{path}\two"));
        assert_eq!(subkeys(&path.to_uppercase()), ["One", "two"]);
        assert_eq!(delete(&format!(r"{path}\one")), Err(HasSubkeys));
        assert_eq!(delete(&format!(r"{path}\one\deep\")), Ok(true));
        assert_eq!(delete(&format!(r"{path}\one\deep")), Ok(false));
        let value = Value {
            kind: 4,
            bytes: vec![1, 0, 0, 0],
        };
        set(path, "Limit", value.clone());
        assert_eq!(query(path, "LIMIT"), Some(value.clone()));
        assert_eq!(values(path), [("Limit".to_owned(), value)]);
        assert!(delete_value(path, "limit") && !delete_value(path, "limit"));
    }
}
