//! Arrays of JSON objects, with the line of each.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::line::{Line, LineError};

/// An object of a JSON array, with its line.
pub(super) type JsonObject = (Line, Map<String, Value>);

/// The elements of a JSON array, or the one object, each with its line; or the line and the text of
/// the error.
pub(super) fn json_objects(text: &str) -> Result<Vec<JsonObject>, (Line, LineError)> {
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
    let raw: Vec<&RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<&RawValue>>(text).map_err(|error| failed(&error))?
    } else {
        vec![serde_json::from_str(text).map_err(|error| failed(&error))?]
    };
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
