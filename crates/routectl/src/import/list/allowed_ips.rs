//! `AllowedIPs` of `WireGuard` configurations.

use std::net::IpAddr;

use crate::import::address::{any_prefix, not_mapped};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{InterfaceRef, LineChange};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

/// The keys of a configuration besides `AllowedIPs`, in lower case.
const KEYS: &[&str] = &[
    "privatekey",
    "publickey",
    "presharedkey",
    "endpoint",
    "persistentkeepalive",
    "listenport",
    "dns",
    "mtu",
    "table",
    "address",
    "preup",
    "postup",
    "predown",
    "postdown",
    "fwmark",
    "saveconfig",
];

/// The key in lower case and the value of `Key = value`.
fn pair(line: &str) -> Option<(String, &str)> {
    let line = line.split('#').next().unwrap_or_default();
    let (key, value) = line.split_once(['=', ':'])?;
    let key = key.trim().to_ascii_lowercase();
    Some((
        if key == "allowed ips" {
            "allowedips".to_owned()
        } else {
            key
        },
        value.trim(),
    ))
}

/// How surely a line is of such a configuration.
pub(in crate::import) fn score(line: &str) -> Score {
    match line.trim().to_ascii_lowercase().as_str() {
        "[interface]" | "[peer]" => return Score::SURE,
        _ => {}
    }
    match pair(line) {
        Some((key, _)) if key == "allowedips" => Score::SURE,
        Some((key, _)) if KEYS[..6].contains(&key.as_str()) => Score::LIKELY,
        Some((key, _)) if KEYS.contains(&key.as_str()) => Score::WEAK,
        _ => Score::NONE,
    }
}

/// Parses all `AllowedIPs`. As `WireGuard` does, it drops the bits after the length. The first
/// address of the interface names it.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut address: Option<IpAddr> = None;
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        match pair(text) {
            Some((key, value)) if key == "address" => {
                let first = value.split([',', '/']).next().unwrap_or_default();
                address = address.or_else(|| first.trim().parse().ok());
                parsed.leave_out(&line, LeftOut::Noise);
            }
            Some((key, value)) if key == "table" && value.eq_ignore_ascii_case("off") => {
                let note = "`Table = off`: WireGuard itself adds no routes";
                parsed.notes.push(line.note(note));
            }
            Some((key, value)) if key == "table" && value.parse::<u32>().is_ok() => {
                let note =
                    format!("`Table = {value}`: WireGuard itself adds the routes to that table");
                parsed.notes.push(line.note(note));
            }
            Some((key, _)) if is_command(&key) && concerns_routes(text) => {
                let error = LineError::unsupported(
                    "a command that WireGuard runs",
                    "the command itself, in a file of commands",
                );
                parsed.reject(&line, error);
            }
            Some((key, value)) if key == "allowedips" => {
                let dev = address.map(InterfaceRef::OptionalAddress);
                allowed(&mut parsed, &line, value, dev.as_ref());
            }
            _ => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    parsed
}

/// True for a key whose value is a command that adds routes.
fn is_command(key: &str) -> bool {
    matches!(key, "preup" | "postup")
}

/// True if a command concerns routes.
fn concerns_routes(text: &str) -> bool {
    let is_end = |letter: char| letter.is_whitespace() || ";&|=\"'/\\".contains(letter);
    let mut words = text.split(is_end);
    words.any(|word| {
        let word = word.to_ascii_lowercase();
        matches!(word.as_str(), "route" | "route.exe" | "ro") || word.ends_with("-netroute")
    })
}

fn allowed(parsed: &mut Parsed, line: &Line, value: &str, dev: Option<&InterfaceRef>) {
    for item in value
        .split([',', ' '])
        .filter(|item| !item.is_empty() && *item != "(none)")
    {
        let change = any_prefix(item).and_then(not_mapped).map(|prefix| {
            let whole = prefix.trunc();
            if whole != prefix {
                let note = format!("`{prefix}` means {whole}, as in WireGuard");
                parsed.notes.push(line.note(note));
            }
            LineChange {
                dev: dev.cloned(),
                ..LineChange::listed(line, whole)
            }
        });
        parsed.add(line, change);
    }
}
