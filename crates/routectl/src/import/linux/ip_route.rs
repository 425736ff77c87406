//! Output of `ip route` and `ip -6 route`, also with `-o`.

use super::ip;
use crate::import::line::{Line, LineError};
use crate::import::line_change::{LineChange, SystemRouteIf, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::prompt;
use crate::import::score::Score;
use crate::spec::{IpFamily, parse_prefix};

/// Words that follow the prefix of a route.
const ATTRIBUTES: &[&str] = &[
    "via", "dev", "proto", "scope", "metric", "nhid", "nexthop", "src", "table",
];

/// How surely a line is of `ip route`.
pub(in crate::import) fn score(line: &str) -> Score {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        ["nexthop", ..] => Score::SURE,
        [kind, prefix, ..] if ip::is_type(kind) && parse_prefix(prefix).is_ok() => Score::SURE,
        [prefix, attribute, ..] if parse_prefix(prefix).is_ok() => {
            if ATTRIBUTES.contains(&attribute) {
                Score::SURE
            } else if words.iter().any(|word| ATTRIBUTES.contains(word)) {
                Score::LIKELY
            } else {
                Score::NONE
            }
        }
        _ => match prompt::command(line) {
            Some(command) if is_listing(command) => Score::LIKELY,
            _ => Score::NONE,
        },
    }
}

/// True for a command that lists routes.
fn is_listing(command: &str) -> bool {
    let words: Vec<_> = command
        .split_whitespace()
        .filter(|word| !word.starts_with('-'))
        .collect();
    let words = words.strip_prefix(&["sudo"]).unwrap_or(&words);
    matches!(
        words,
        ["ip", "route" | "ro" | "r"]
            | [
                "ip",
                "route" | "ro" | "r",
                "show" | "list" | "sh" | "ls",
                ..
            ]
    )
}

/// Parses all lines. A route with several next hops has a line for each; `-o` joins them with
/// backslashes.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let family = family_of(text);
    let mut first_hop = None;
    let parts = text.lines().zip(1..).flat_map(|(text, number)| {
        let parts = text.split('\\').filter(|part| !part.trim().is_empty());
        parts.map(move |part| Line::new(number, part))
    });
    for line in parts {
        let words = line.words();
        let result = match words.as_slice() {
            [word, ..] if word.starts_with('#') => {
                parsed.leave_out(&line, LeftOut::Noise);
                continue;
            }
            _ if prompt::command(&line.text)
                .is_some_and(|command| command.is_empty() || is_listing(command)) =>
            {
                parsed.leave_out(&line, LeftOut::Prompt);
                continue;
            }
            [word, rest @ ..] if ip::is_next_hop(word) => {
                another_hop(&mut parsed, &line, first_hop.as_ref(), rest)
            }
            words => {
                let before = parsed.changes.len();
                let result = ip::route(&mut parsed, &line, Verb::Replace, words, family);
                first_hop = parsed.changes.get(before).cloned();
                result
            }
        };
        if let Err(error) = result {
            parsed.reject(&line, error);
        }
    }
    for change in &mut parsed.changes {
        // Not every version shows `proto kernel`.
        change.system_route_if = Some(SystemRouteIf::Present);
    }
    parsed
}

/// Adds a next hop to the previous route; the first one replaces the change without a next hop.
fn another_hop(
    parsed: &mut Parsed,
    line: &Line,
    first: Option<&LineChange>,
    words: &[&str],
) -> Result<(), LineError> {
    let Some(first) = first else {
        // The route was skipped or rejected.
        return Ok(());
    };
    let has_no_hop = |change: &LineChange| change.next_hop.is_none() && change.dev.is_none();
    if parsed.changes.last().is_some_and(has_no_hop) {
        parsed.changes.pop();
    }
    ip::another_hop(parsed, line, first, words)
}

/// The family of the listing, if all lines that imply a family imply the same.
fn family_of(text: &str) -> Option<IpFamily> {
    let mut families = text
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| !ip::is_type(word)))
        .filter(|word| *word != "default")
        .filter_map(|word| parse_prefix(word).ok())
        .map(|prefix| prefix.addr().is_ipv6());
    let first = families.next()?;
    families.all(|other| other == first).then_some(if first {
        IpFamily::Ipv6
    } else {
        IpFamily::Ipv4
    })
}
