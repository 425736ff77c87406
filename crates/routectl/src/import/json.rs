//! Arrays of JSON objects, with the line of each.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::line::{Line, LineError};

/// An object of a JSON array, with its line.
pub(super) type JsonObject = (Line, Map<String, Value>);

/// The objects of all values of a text, each with its line; or the line and the text of the error. A value
/// is an object with `key`, an array of such objects, or an object around such arrays, as
/// `ConvertTo-Json` of older versions writes it (`{"value": [...], "Count": 2}`).
pub(super) fn json_objects(text: &str, key: &str) -> Result<Vec<JsonObject>, (Line, LineError)> {
    let failed = |error: &serde_json::Error| {
        let number = error.line();
        let line = Line::new(
            number,
            text.lines()
                .nth(number.saturating_sub(1))
                .unwrap_or_default(),
        );
        (
            line,
            LineError::new(format!("invalid JSON: {error}"), "an array of routes"),
        )
    };
    let mut raw: Vec<&RawValue> = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        raw.extend(elements(value.map_err(|error| failed(&error))?, key));
    }
    let mut objects = Vec::new();
    for element in raw {
        let start = element
            .get()
            .as_ptr()
            .addr()
            .saturating_sub(text.as_ptr().addr());
        let number = 1 + text.get(..start).unwrap_or_default().matches('\n').count();
        let whole: String = element
            .get()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let line = Line::new(number, &whole);
        match serde_json::from_str(element.get()) {
            Ok(object) => objects.push((line, object)),
            Err(_) => {
                return Err((
                    line,
                    LineError::new("not a JSON object", "an object for each route"),
                ));
            }
        }
    }
    Ok(objects)
}

/// The elements of a value.
fn elements<'a>(value: &'a RawValue, key: &str) -> Vec<&'a RawValue> {
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        return elements;
    }
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(value.get()).unwrap_or_default();
    if has_key(&members, key) {
        return vec![value];
    }
    let arrays = members.values().filter_map(|member| {
        let elements: Vec<&RawValue> = serde_json::from_str(member.get()).ok()?;
        let first: BTreeMap<String, &RawValue> =
            serde_json::from_str(elements.first()?.get()).ok()?;
        has_key(&first, key).then_some(elements)
    });
    let elements: Vec<_> = arrays.flatten().collect();
    if elements.is_empty() {
        vec![value]
    } else {
        elements
    }
}

/// True if one of the members has this name, in any case.
fn has_key(members: &BTreeMap<String, &RawValue>, key: &str) -> bool {
    members.keys().any(|name| name.eq_ignore_ascii_case(key))
}

/// True if the first value of a text has objects with this member.
pub(super) fn has_objects_with(text: &str, key: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let first = values.next().and_then(Result::ok);
    let elements = first.map_or_else(Vec::new, |first| elements(first, key));
    elements.first().is_some_and(|element| {
        serde_json::from_str(element.get()).is_ok_and(|members| has_key(&members, key))
    })
}
