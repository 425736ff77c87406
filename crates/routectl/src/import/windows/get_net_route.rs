//! The output of `Get-NetRoute`: as a table, as a list, as CSV and as JSON.

use serde_json::Value;

use super::net_route_record::{NetRouteRecord, add_records};
use crate::import::json::json_objects;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

const PREFIX: &str = "DestinationPrefix";

/// How surely a line is of the table.
pub(in crate::import) fn score_table(line: &str) -> Score {
    let words: Vec<_> = line.split_whitespace().collect();
    let has_titles =
        words.contains(&PREFIX) && words.len() > 1 && words.iter().all(|word| is_title(word));
    if has_titles {
        return Score(40);
    }
    let is_rule = words.len() > 1
        && words
            .iter()
            .all(|word| word.bytes().all(|byte| byte == b'-'));
    if is_rule { Score::WEAK } else { Score::NONE }
}

/// True for a word of letters: the name of a property.
fn is_title(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// How surely a line is of the list.
pub(in crate::import) fn score_list(line: &str) -> Score {
    match line.split_once(" :") {
        Some((name, _)) if name.trim() == PREFIX => Score(40),
        Some((name, _)) if is_property(name.trim()) => Score::LIKELY,
        _ => Score::NONE,
    }
}

fn is_property(name: &str) -> bool {
    matches!(
        name,
        "ifIndex"
            | "InterfaceIndex"
            | "InterfaceAlias"
            | "NextHop"
            | "RouteMetric"
            | "Protocol"
            | "Publish"
            | "Store"
            | "PolicyStore"
            | "AddressFamily"
            | "ValidLifetime"
            | "PreferredLifetime"
            | "State"
            | "InterfaceMetric"
            | "ifMetric"
            | "TypeOfRoute"
            | "CompartmentId"
            | "PSComputerName"
            | "InstanceID"
            | "Caption"
            | "Description"
    )
}

/// Parses a table. Each value is in its column, or there is one for each title.
pub(in crate::import) fn parse_table(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut records = Vec::new();
    let mut titles: Vec<(String, usize)> = Vec::new();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        let words = line.words();
        if words.contains(&PREFIX) {
            titles = columns(text);
        } else if words.is_empty()
            || words
                .iter()
                .all(|word| word.bytes().all(|byte| byte == b'-'))
        {
            parsed.leave_out(&line, LeftOut::Noise);
        } else if titles.is_empty() || text.starts_with("PS ") {
            parsed.leave_out(&line, LeftOut::Prompt);
        } else {
            let mut record = NetRouteRecord::new(line.clone());
            if words.len() == titles.len() {
                for ((title, _), word) in titles.iter().zip(&words) {
                    record.set(title, word);
                }
            } else {
                set_by_column(&mut record, &titles, text);
            }
            records.push(record);
        }
    }
    add_records(&mut parsed, records);
    parsed
}

/// The titles with their columns.
fn columns(text: &str) -> Vec<(String, usize)> {
    let mut titles = Vec::new();
    let mut is_space = true;
    for (place, letter) in text.chars().enumerate() {
        if letter.is_whitespace() {
            is_space = true;
        } else if is_space {
            titles.push((letter.to_string(), place));
            is_space = false;
        } else if let Some((title, _)) = titles.last_mut() {
            title.push(letter);
        }
    }
    titles
}

fn set_by_column(record: &mut NetRouteRecord, titles: &[(String, usize)], text: &str) {
    let letters: Vec<char> = text.chars().collect();
    for (place, (title, start)) in titles.iter().enumerate() {
        let end = titles
            .get(place + 1)
            .map_or(letters.len(), |(_, next)| *next);
        let cell = letters
            .get(*start..end.min(letters.len()))
            .unwrap_or_default();
        record.set(title, &cell.iter().collect::<String>());
    }
}

/// Parses a list: a property each line, and an empty line after each route.
pub(in crate::import) fn parse_list(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut records = Vec::new();
    let mut record = NetRouteRecord::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        match line.text.split_once(':') {
            Some((name, value)) if !line.text.starts_with("PS ") => {
                // A property that repeats belongs to the next route.
                if record.has(name) {
                    records.push(std::mem::take(&mut record));
                }
                if record.is_empty() {
                    record = NetRouteRecord::new(line.clone());
                }
                if name.trim() == PREFIX {
                    record.line = line.clone();
                }
                record.set(name, value);
            }
            _ if line.text.is_empty() => records.push(std::mem::take(&mut record)),
            _ => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    records.push(record);
    records.retain(|record| !record.is_empty());
    add_records(&mut parsed, records);
    parsed
}

/// True for a line that can stand before the titles: a comment, or the separator for Excel.
pub(in crate::import) fn is_before_title(line: &&str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line.starts_with("sep=")
}

/// True if a line is the first of a CSV file of routes.
pub(in crate::import) fn is_csv_title(line: &str) -> bool {
    let names: Vec<_> = line
        .split(separator(line))
        .map(|name| name.trim_matches('"').trim())
        .collect();
    names.len() > 1 && names.contains(&PREFIX)
}

/// A comma, or what the language of the system uses instead.
fn separator(title: &str) -> char {
    let count = |separator: &char| title.matches(*separator).count();
    [',', ';', '\t']
        .into_iter()
        .max_by_key(count)
        .unwrap_or(',')
}

/// Parses CSV with a line of titles.
pub(in crate::import) fn parse_csv(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let skipped = text.lines().take_while(is_before_title).count();
    let body: String = text.split_inclusive('\n').skip(skipped).collect();
    let title = body.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(separator(title)).unwrap_or(b','))
        .flexible(true)
        .from_reader(body.as_bytes());
    let titles = reader.headers().cloned().unwrap_or_default();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = Line::new(skipped + 1, "");
                parsed.reject(&line, LineError::new(error.to_string(), "valid CSV"));
                continue;
            }
        };
        let place = row.position().map_or(0, csv::Position::line);
        let number = skipped + usize::try_from(place).unwrap_or_default();
        let line = Line::new(number, &row.iter().collect::<Vec<_>>().join(","));
        if row.len() != titles.len() {
            let error = format!("{} values for {} titles", row.len(), titles.len());
            parsed.reject(&line, LineError::new(error, "a value for each title"));
            continue;
        }
        let mut record = NetRouteRecord::new(line);
        for (title, value) in titles.iter().zip(&row) {
            record.set(title, value);
        }
        records.push(record);
    }
    add_records(&mut parsed, records);
    parsed
}

/// Parses JSON.
pub(in crate::import) fn parse_json(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let objects = match json_objects(text, PREFIX) {
        Ok(objects) => objects,
        Err((line, error)) => {
            parsed.reject(&line, error);
            return parsed;
        }
    };
    let mut records = Vec::new();
    for (line, object) in objects {
        let mut record = NetRouteRecord::new(line);
        for (name, value) in &object {
            match value {
                Value::String(text) => record.set(name, text),
                Value::Number(number) => record.set(name, &number.to_string()),
                // A `TimeSpan`, as older versions write it.
                Value::Object(time) => {
                    if let Some(seconds) = time.get("TotalSeconds").and_then(Value::as_f64) {
                        record.set(name, &seconds_of(seconds));
                    }
                }
                _ => {}
            }
        }
        records.push(record);
    }
    add_records(&mut parsed, records);
    parsed
}

/// The text of a lifetime; longer than the largest number of seconds is infinite.
fn seconds_of(seconds: f64) -> String {
    if seconds >= f64::from(u32::MAX) {
        return "infinite".to_owned();
    }
    format!("{seconds:.0}")
}
