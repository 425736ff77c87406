//! Comparing the JSON of `routectl --json import` with what a case expects.

use std::fmt::Write as _;
use std::process::Output;

use ipforward::{IpNet, NextHop, Route};
use serde_json::Value;

use super::Case;

/// What routectl reports for a file.
pub(crate) struct ImportReport {
    /// The prefixes of the routes that the network stack refuses.
    pub(crate) refused: Vec<String>,
}

impl ImportReport {
    /// The report for a case; panics if it is not what the case expects.
    pub(crate) fn of(case: &Case, output: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr);
        if case.expected.starts_with("error: ") {
            assert_eq!(output.status.code(), Some(2), "{}: {stderr}", case.name());
            let error: Value = serde_json::from_str(&stderr).unwrap();
            assert_eq!(rejection(&error), case.expected, "{}", case.name());
            return Self {
                refused: Vec::new(),
            };
        }
        assert_eq!(stderr, "", "{}", case.name());
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (notes, expected): (Vec<_>, Vec<_>) = (case.expected.lines())
            .map(|line| line.strip_prefix("note: ").ok_or(line))
            .partition(Result::is_ok);
        let notes: Vec<_> = notes.into_iter().flatten().collect();
        let found = value["notes"].as_array().unwrap().iter().map(note);
        assert_eq!(found.collect::<Vec<_>>(), notes, "{}", case.name());
        let entries = value["entries"].as_array().unwrap();
        assert_eq!(entries.len(), expected.len(), "{}: {value}", case.name());
        let mut refused = Vec::new();
        for (entry, expected) in entries.iter().zip(expected) {
            let expected = expected.unwrap_err();
            check_entry(case, entry, expected);
            if !entry["failure"].is_null() {
                refused.push(text(&entry["destination"]));
            }
        }
        Self { refused }
    }
}

/// A note as text.
fn note(note: &Value) -> String {
    let text = text(&note["note"]);
    match note["line"].as_u64() {
        Some(line) => format!("line {line}: {text}"),
        None => text,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The error for the lines of a file, as the cases write it.
fn rejection(error: &Value) -> String {
    let mut rejection = format!("error: {}\n", text(&error["error"]));
    for line in error["lines"].as_array().into_iter().flatten() {
        let (number, expected) = (&line["line"], text(&line["expected"]));
        let (line, error) = (text(&line["text"]), text(&line["error"]));
        writeln!(
            rejection,
            "line {number}: {line}\n  {error}\n  expected {expected}"
        )
        .unwrap();
    }
    rejection
}

/// Compares an entry with the line of the case.
fn check_entry(case: &Case, entry: &Value, expected: &str) {
    let (verb, route) = expected.split_once(' ').unwrap();
    let results: &[&str] = match verb {
        "create" => &["created"],
        "set" => &["changed", "unchanged"],
        "upsert" => &["created", "replaced", "changed", "unchanged"],
        "delete" => &["deleted"],
        other => panic!("{other}"),
    };
    let context = format!("{}: {expected}: {entry}", case.name());
    if entry["failure"].is_null() {
        assert!(results.contains(&&*text(&entry["result"])), "{context}");
    }
    let route: Route = route.parse().unwrap();
    assert_eq!(prefix(entry), route.destination, "{context}");
    let next_hop = match route.next_hop {
        NextHop::OnLink => None,
        gateway @ NextHop::Gateway { .. } => Some(gateway.to_string()),
    };
    assert_eq!(entry["next_hop"].as_str(), next_hop.as_deref(), "{context}");
    let index = route.interface.index().map(u64::from);
    assert_eq!(entry["interface_index"].as_u64(), index, "{context}");
    if verb == "delete" {
        return;
    }
    let number = |name: &str| entry[name].as_u64();
    let seconds = |lifetime: ipforward::Lifetime| lifetime.seconds().map(u64::from);
    assert_eq!(number("metric"), Some(route.metric.into()), "{context}");
    assert_eq!(
        (number("valid_lifetime"), number("preferred_lifetime")),
        (
            seconds(route.valid_lifetime),
            seconds(route.preferred_lifetime)
        ),
        "{context}"
    );
    assert_eq!(
        text(&entry["protocol"]),
        route.protocol.to_string(),
        "{context}"
    );
    // The flags of a present route stay; the case does not know them.
    if text(&entry["result"]) != "created" {
        return;
    }
    let flags = route.flags.iter_names();
    let flags: Vec<_> = flags.map(|(name, _)| name.to_ascii_lowercase()).collect();
    let found: Vec<_> = entry["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    assert_eq!(found, flags, "{context}");
}

fn prefix(entry: &Value) -> IpNet {
    text(&entry["destination"]).parse().unwrap()
}
