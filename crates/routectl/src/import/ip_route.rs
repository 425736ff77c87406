//! Output of `ip route` and `ip -6 route`.

use super::line::{Line, LineError};
use super::line_change::{LineChange, Verb};
use super::{Parsed, ip};
use crate::spec::IpFamily;
use crate::spec::parse_prefix;

/// Parses all lines. A route with several next hops has a line for each.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let family = family_of(text);
    let mut first_hop = None;
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        let words = line.words();
        let result = match words.as_slice() {
            [] => continue,
            [word, ..] if word.starts_with('#') => continue,
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
            parsed.errors.push(line.reject(error));
        }
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
