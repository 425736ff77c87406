//! The file of `nthost run --registry`: what the registry has when the driver is loaded.
//!
//! Each table is a key: by its full name, which begins with a backslash, or below the service's key. Each
//! entry is a value: a number is a `REG_DWORD`, text a `REG_SZ`, a list of texts a `REG_MULTI_SZ`, and
//! `{ binary = "01 FF" }`, `{ qword = 1 }` and `{ expand = "text" }` are the others.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use nt_kernel::registry::paths;
use nt_kernel::registry::store::{self, Value};

/// The types of values.
mod kind {
    pub(super) const SZ: u32 = 1;
    pub(super) const EXPAND_SZ: u32 = 2;
    pub(super) const BINARY: u32 = 3;
    pub(super) const DWORD: u32 = 4;
    pub(super) const MULTI_SZ: u32 = 7;
    pub(super) const QWORD: u32 = 11;
}

/// Enters what the file has into the registry; `service` is that of the driver.
pub(crate) fn load(path: &Path, service: &str) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    enter(&text, service)
}

fn enter(text: &str, service: &str) -> Result<()> {
    for (name, table) in text.parse::<toml::Table>()? {
        let toml::Value::Table(values) = table else {
            bail!("`{name}` is outside of a key: put it below a line such as [Parameters]");
        };
        let key = if name.starts_with('\\') {
            name
        } else {
            format!(r"{}\{name}", paths::service(service))
        };
        store::create(&key);
        for (name, value) in values {
            let value = value_of(&value).with_context(|| format!("`{name}` of `{key}`"))?;
            store::set(&key, &name, value);
        }
    }
    Ok(())
}

fn value_of(value: &toml::Value) -> Result<Value> {
    let (kind, bytes) = match value {
        toml::Value::Integer(number) => (kind::DWORD, dword(*number)?.to_vec()),
        toml::Value::Boolean(flag) => (kind::DWORD, u32::from(*flag).to_le_bytes().to_vec()),
        toml::Value::String(text) => (kind::SZ, utf16(text)),
        toml::Value::Array(texts) => (kind::MULTI_SZ, list(texts)?),
        toml::Value::Table(table) => return tagged(table),
        other => bail!("a {} is no value of the registry", other.type_str()),
    };
    Ok(Value { kind, bytes })
}

/// A value whose type is given by a name.
fn tagged(table: &toml::Table) -> Result<Value> {
    let mut entries = table.iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else {
        bail!("expected one of binary, qword, expand");
    };
    let (kind, bytes) = match (name.as_str(), value) {
        ("binary", toml::Value::String(text)) => (kind::BINARY, binary(text)?),
        ("qword", toml::Value::Integer(number)) => (kind::QWORD, number.to_le_bytes().to_vec()),
        ("expand", toml::Value::String(text)) => (kind::EXPAND_SZ, utf16(text)),
        _ => bail!("expected one of binary = \"HEX\", qword = NUMBER, expand = \"TEXT\""),
    };
    Ok(Value { kind, bytes })
}

fn dword(number: i64) -> Result<[u8; 4]> {
    let number = u32::try_from(number);
    let number = number.map_err(|_| anyhow!("a DWORD is from 0 to 4294967295"))?;
    Ok(number.to_le_bytes())
}

/// Pairs of hexadecimal digits, with or without spaces.
fn binary(text: &str) -> Result<Vec<u8>> {
    let digits: Vec<char> = text
        .chars()
        .filter(|digit| !digit.is_whitespace())
        .collect();
    let (pairs, odd) = digits.as_chunks::<2>();
    let byte = |pair: &[char; 2]| {
        let [high, low] = pair.map(|digit| digit.to_digit(16));
        u8::try_from(high? * 16 + low?).ok()
    };
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes
        .filter(|_| odd.is_empty())
        .context("expected pairs of hexadecimal digits, as in `01 FF`")
}

/// Texts, each with its NUL, and one more.
fn list(texts: &[toml::Value]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for text in texts {
        let text = text.as_str().context("a list is one of texts")?;
        bytes.extend(utf16(text));
    }
    bytes.extend([0, 0]);
    Ok(bytes)
}

/// Text with its NUL.
fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(key: &str, name: &str) -> (u32, Vec<u8>) {
        let Value { kind, bytes } = store::query(key, name).unwrap();
        (kind, bytes)
    }

    #[test]
    fn each_kind_of_value_is_entered_below_its_key() {
        let text = r#"
            [Parameters]
            Limit = 5
            Name = "ab"
            List = ["a", "b"]
            Bytes = { binary = "01 fF" }
            ['\Registry\Machine\Other']
            Wide = { qword = 1 }
        "#;
        enter(text, "seeded").unwrap();
        let key = format!(r"{}\Parameters", paths::service("seeded"));
        assert_eq!(query(&key, "limit"), (4, vec![5, 0, 0, 0]));
        assert_eq!(query(&key, "Name"), (1, vec![97, 0, 98, 0, 0, 0]));
        let list = vec![97, 0, 0, 0, 98, 0, 0, 0, 0, 0];
        assert_eq!(query(&key, "List"), (7, list));
        assert_eq!(query(&key, "Bytes"), (3, vec![1, 255]));
        let other = r"\Registry\Machine\Other";
        assert_eq!(query(other, "Wide"), (11, vec![1, 0, 0, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn what_is_no_value_is_refused_with_its_place() {
        for (text, words) in [
            ("Limit = 5", "outside of a key"),
            ("[P]\nA = 1.5", "`A` of `"),
            ("[P]\nA = { binary = \"1\" }", "`A` of `"),
        ] {
            let error = format!("{:#}", enter(text, "refused").unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }
}
