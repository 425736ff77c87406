//! The output of `ip -json route`.

use serde_json::{Map, Value};

use super::ip;
use crate::import::json::json_objects;
use crate::import::line::{Line, LineError};
use crate::import::line_change::Verb;
use crate::import::parsed::Parsed;
use crate::spec::{IpFamily, parse_prefix};

/// Parses all routes. Each becomes the words that `ip route` would print.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let objects = match json_objects(text, "dst") {
        Ok(objects) => objects,
        Err((line, error)) => {
            parsed.reject(&line, error);
            return parsed;
        }
    };
    let family = family_of(&objects);
    for (line, object) in &objects {
        let result = words(object).and_then(|words| {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            ip::route(&mut parsed, line, Verb::Replace, &words, family)
        });
        if let Err(error) = result {
            parsed.reject(line, error);
        }
    }
    parsed
}

/// The family of the listing, if all prefixes that show a family show the same.
fn family_of(objects: &[(Line, Map<String, Value>)]) -> Option<IpFamily> {
    let mut families = objects.iter().filter_map(|(_, object)| {
        let prefix = object
            .get("dst")?
            .as_str()
            .filter(|dst| *dst != "default")?;
        Some(parse_prefix(prefix).ok()?.addr().is_ipv6())
    });
    let first = families.next()?;
    families.all(|other| other == first).then_some(if first {
        IpFamily::Ipv6
    } else {
        IpFamily::Ipv4
    })
}

fn words(object: &Map<String, Value>) -> Result<Vec<String>, LineError> {
    let text = |name: &str| match object.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let missing = || {
        LineError::new(
            "missing `dst`",
            "an object with `dst` (`default`, `10.20.0.0/16`)",
        )
    };
    let mut words: Vec<String> = text("type").into_iter().collect();
    words.push(text("dst").ok_or_else(missing)?);
    words.extend(hop_words(object)?);
    let pairs = [
        ("protocol", "proto"),
        ("metric", "metric"),
        ("table", "table"),
        ("tos", "tos"),
        ("expires", "expires"),
        ("from", "from"),
        ("pref", "pref"),
        ("error", "error"),
        ("encap", "encap"),
        ("prefsrc", "src"),
    ];
    for (name, keyword) in pairs {
        if let Some(value) = text(name) {
            words.extend([keyword.to_owned(), value]);
        }
    }
    for hop in object
        .get("nexthops")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        words.push("nexthop".to_owned());
        let hop = hop.as_object().ok_or_else(|| not_text("nexthops"))?;
        words.extend(hop_words(hop)?);
    }
    Ok(words)
}

/// The gateway and the interface of a route or of one of its next hops.
fn hop_words(object: &Map<String, Value>) -> Result<Vec<String>, LineError> {
    let mut words = Vec::new();
    let via = object.get("via").and_then(|via| via.get("host"));
    let gateway = object.get("gateway").or(via);
    for (keyword, value) in [("via", gateway), ("dev", object.get("dev"))] {
        if let Some(value) = value {
            let value = value.as_str().ok_or_else(|| not_text(keyword))?;
            words.extend([keyword.to_owned(), value.to_owned()]);
        }
    }
    Ok(words)
}

fn not_text(member: &str) -> LineError {
    let error = format!("invalid value of `{member}`");
    LineError::new(error, "values as `ip -json route` prints them")
}
