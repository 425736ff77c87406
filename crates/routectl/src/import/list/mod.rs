//! Formats that name only prefixes; the options give the next hop and the interface.

pub(super) mod allowed_ips;
pub(super) mod cidr;
pub(super) mod mask;
pub(super) mod openvpn;

use crate::spec::parse_prefix;

/// The line without a comment. A `;` between two words, or right before an address, separates them.
fn without_comment(line: &str) -> &str {
    let is_separator = |place: usize| {
        let (before, after) = (&line[..place], &line[place + 1..]);
        let next = after.trim_start().split([' ', ';', ',', '\t']).next();
        let is_item = next.is_some_and(|item| parse_prefix(item).is_ok())
            || after.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        is_item && before.ends_with(|letter: char| letter.is_ascii_hexdigit() || letter == ':')
    };
    let semicolon = line
        .match_indices(';')
        .map(|(place, _)| place)
        .find(|place| !is_separator(*place));
    let end = ["#", "//"]
        .iter()
        .filter_map(|mark| line.find(mark))
        .chain(semicolon)
        .min();
    line[..end.unwrap_or(line.len())].trim()
}
