//! Lists of addresses with masks, and perhaps a gateway.

use std::net::Ipv4Addr;

use super::without_comment;
use crate::import::address::{is_address, is_ipv4, mask_length, masked, metric, next_hop};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{LineChange, Metric};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

fn words(line: &str) -> Vec<&str> {
    let is_separator = |letter: char| letter.is_whitespace() || ",;".contains(letter);
    let words = without_comment(line).split(is_separator);
    // The names of the values tell nothing new.
    words
        .filter(|word| !matches!(*word, "" | "mask" | "netmask" | "metric"))
        .collect()
}

/// How surely a line is an address with a mask.
pub(in crate::import) fn score(line: &str) -> Score {
    let is_mask = |word: &str| {
        let mask = word.parse::<Ipv4Addr>();
        mask.is_ok_and(|mask| mask_length(mask).is_some())
    };
    match words(line)[..] {
        [address, mask] if is_ipv4(address) && is_mask(mask) => Score::LIKELY,
        [address, mask, gateway, ref own @ ..]
            if is_ipv4(address) && is_mask(mask) && is_ipv4(gateway) && own.len() < 2 =>
        {
            Score::LIKELY
        }
        [address, mask] if is_ipv4(address) && is_ipv4(mask) => Score::WEAK,
        _ => Score::NONE,
    }
}

/// Parses all lines.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        match words(text)[..] {
            [] => parsed.leave_out(&line, LeftOut::Noise),
            [address, mask] => {
                parsed.add(&line, listed(&line, address, mask));
            }
            [address, mask, gateway, ref own @ ..] if is_address(gateway) && own.len() < 2 => {
                let change = listed(&line, address, mask).and_then(|change| {
                    let own = own.first().map(|own| metric(own)).transpose()?;
                    Ok(LineChange {
                        next_hop: Some(next_hop(gateway)?),
                        metric: own.map(Metric::Own),
                        ..change
                    })
                });
                parsed.add(&line, change);
            }
            _ => {
                let expected =
                    "ADDRESS MASK (10.20.0.0 255.255.0.0), with a gateway and a metric or without";
                parsed.reject(
                    &line,
                    LineError::new("not an address with a mask", expected),
                );
            }
        }
    }
    parsed
}

fn listed(line: &Line, address: &str, mask: &str) -> Result<LineChange, LineError> {
    let invalid = |_| {
        let error = format!("invalid address `{address}`");
        LineError::new(error, "an IPv4 address (10.20.0.0)")
    };
    let address = address.parse().map_err(invalid)?;
    Ok(LineChange::listed(line, masked(address, mask)?))
}
