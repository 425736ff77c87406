//! What `ip route` and `ip -6 route` print.

use super::line::Line;
use super::said::{Said, Verb};
use super::{Parsed, ip};
use crate::arguments::Family;
use crate::words;

/// Takes all lines. The next hops of a route that has several are on lines of their own.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let family = family_of(text);
    let mut begun = None;
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        let words = line.words();
        let taken = match words.as_slice() {
            [] => continue,
            [word, ..] if word.starts_with('#') => continue,
            [word, rest @ ..] if ip::is_next_hop(word) => {
                another_hop(&mut parsed, &line, begun.as_ref(), rest)
            }
            words => {
                let before = parsed.said.len();
                let taken = ip::route(&mut parsed, &line, Verb::Replace, words, family);
                begun = parsed.said.get(before).cloned();
                taken
            }
        };
        if let Err(wrong) = taken {
            parsed.errors.push(line.error(wrong));
        }
    }
    parsed
}

/// The first next hop takes the place of the route without one; the others come behind it.
fn another_hop(
    parsed: &mut Parsed,
    line: &Line,
    begun: Option<&Said>,
    words: &[&str],
) -> Result<(), super::line::Wrong> {
    let Some(begun) = begun else {
        // The route was left out, or is wrong and was told.
        return Ok(());
    };
    let is_unfinished = |said: &Said| said.next_hop.is_none() && said.dev.is_none();
    if parsed.said.last().is_some_and(is_unfinished) {
        parsed.said.pop();
    }
    ip::another_hop(parsed, line, begun, words)
}

/// The family of the lines that tell theirs, if it is one: it is that of the others too.
fn family_of(text: &str) -> Option<Family> {
    let mut families = text
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| !ip::is_type(word)))
        .filter(|word| *word != "default")
        .filter_map(|word| words::parse_prefix(word).ok())
        .map(|prefix| prefix.addr().is_ipv6());
    let first = families.next()?;
    families
        .all(|other| other == first)
        .then_some(if first { Family::Ipv6 } else { Family::Ipv4 })
}
