//! Lists of prefixes.

use ipforward::IpNet;

use super::without_comment;
use crate::import::address::{is_address, masked, not_mapped, prefix};
use crate::import::line::{Line, LineError};
use crate::import::line_change::LineChange;
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

/// The items of a line: separated by spaces or commas, in quotes or not.
fn items(line: &str) -> impl Iterator<Item = &str> {
    let is_separator = |letter: char| letter.is_whitespace() || ",;[]".contains(letter);
    without_comment(line)
        .split(is_separator)
        .map(|item| item.trim_matches(['"', '\'', '-']))
        .filter(|item| !item.is_empty())
}

/// How surely a line has only prefixes.
pub(in crate::import) fn score(line: &str) -> Score {
    let (mut has_length, mut has_items) = (false, false);
    for item in items(line) {
        if prefix_of(item).is_err() {
            return Score::NONE;
        }
        has_items = true;
        has_length |= item.contains('/');
    }
    match (has_items, has_length) {
        (false, _) => Score::NONE,
        (true, false) => Score(2),
        (true, true) => Score::LIKELY,
    }
}

/// Parses all items of all lines.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        if let Some(error) = perhaps_gateway(text) {
            parsed.reject(&line, error);
            continue;
        }
        let mut is_empty = true;
        for item in items(text) {
            is_empty = false;
            let change = prefix_of(item).map(|prefix| LineChange::listed(&line, prefix));
            parsed.add(&line, change);
        }
        if is_empty {
            parsed.leave_out(&line, LeftOut::Noise);
        }
    }
    parsed
}

/// The error for a prefix with an address, which can be its next hop or another destination.
fn perhaps_gateway(text: &str) -> Option<LineError> {
    let items: Vec<_> = items(text).collect();
    let [prefix, address] = items[..] else {
        return None;
    };
    (prefix.contains('/') && is_address(address)).then(|| {
        LineError::new(
            format!("`{address}` can be the next hop of {prefix} or another destination"),
            format!("`{prefix} via {address}`, or two lines"),
        )
    })
}

/// A prefix with a length or a mask.
fn prefix_of(text: &str) -> Result<IpNet, LineError> {
    if let Some((address, mask)) = text.split_once('/')
        && let (Ok(address), true) = (address.parse(), mask.contains('.'))
    {
        return masked(address, mask);
    }
    not_mapped(prefix(text)?)
}
