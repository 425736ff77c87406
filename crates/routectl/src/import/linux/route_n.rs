//! The output of `route -n`, `route -6 -n` and `netstat -rn` of Linux.

use std::net::IpAddr;

use ipforward::NextHop;

use crate::import::address::{is_ipv4, masked, metric, next_hop, prefix};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, SystemRouteIf, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

/// True for the column of flags, such as `UG` and `UH`.
fn is_flags(word: &str) -> bool {
    let is_flag = |letter: char| "UGHRDMACnafbeslmo!".contains(letter);
    !word.is_empty() && word.chars().all(is_flag) && word.contains(['U', '!'])
}

/// How surely a line is of the table.
pub(in crate::import) fn score(line: &str) -> Score {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        ["Kernel", "IP" | "IPv6", "routing", "table"] | ["Destination", .., "Iface" | "If"] => {
            Score::SURE
        }
        [_, _, mask, flags, ..] if words.len() == 8 && is_ipv4(mask) && is_flags(flags) => {
            Score::SURE
        }
        [prefix, _, flags, ..] if words.len() == 7 && prefix.contains('/') && is_flags(flags) => {
            Score::SURE
        }
        _ => Score::NONE,
    }
}

/// Parses all rows; skips titles.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut has_metrics = true;
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        let words = line.words();
        let row = match words[..] {
            // `netstat` has MSS, Window and irtt instead of the metric.
            ["Destination", ..] => {
                has_metrics = words.contains(&"Metric") || words.contains(&"Met");
                parsed.leave_out(&line, LeftOut::Noise);
                continue;
            }
            [destination, gateway, mask, flags, own, _, _, dev] if is_flags(flags) => {
                let own = has_metrics.then_some(own);
                Some(row(
                    &line,
                    (destination, Some(mask)),
                    gateway,
                    (flags, own, dev),
                ))
            }
            [destination, gateway, flags, own, _, _, dev] if is_flags(flags) => Some(row(
                &line,
                (destination, None),
                gateway,
                (flags, Some(own), dev),
            )),
            _ => None,
        };
        match row {
            Some(Err(_)) if words.last() == Some(&"lo") => {
                parsed.leave_out(&line, LeftOut::KernelDiscard);
            }
            Some(Ok(change)) if is_of_system(&change) => {
                parsed.leave_out(&line, LeftOut::SystemRoute);
            }
            Some(change) => parsed.add(&line, change),
            None if words
                .iter()
                .any(|word| is_flags(word) && word.starts_with('U') && word.len() < 4) =>
            {
                let expected = "destination, gateway, mask, flags, metric, ref, use and interface";
                parsed.reject(&line, LineError::new("incomplete row", expected));
            }
            None => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    parsed
}

fn row(
    line: &Line,
    (destination, mask): (&str, Option<&str>),
    gateway: &str,
    (flags, own, dev): (&str, Option<&str>, &str),
) -> Result<LineChange, LineError> {
    if flags.contains('!') {
        return Err(LineError::discard("reject"));
    }
    let invalid = || {
        let error = format!("`{destination}` is a name, not an address");
        LineError::new(error, "the output of `route -n`, which has addresses")
    };
    let prefix = match (destination, mask) {
        ("default", Some(_)) => prefix("0.0.0.0/0")?,
        (address, Some(mask)) => masked(address.parse().map_err(|_| invalid())?, mask)?,
        ("[::]/0", None) => prefix("::/0")?,
        (text, None) => prefix(text)?,
    };
    let next_hop = match gateway {
        "*" | "-" | "[::]" => NextHop::OnLink,
        address => next_hop(address)?,
    };
    Ok(LineChange {
        next_hop: Some(next_hop),
        dev: Some(InterfaceRef::Name(dev.to_owned())),
        metric: own.map(metric).transpose()?.map(Metric::Own),
        // The table does not show which routes the kernel has added for own addresses.
        system_route_if: Some(SystemRouteIf::Present),
        ..LineChange::new(line, Verb::Replace, prefix)
    })
}

/// True for loopback, multicast and the link-local prefix.
fn is_of_system(change: &LineChange) -> bool {
    let address = change.prefix.addr();
    let is_link_local = matches!(address, IpAddr::V6(address) if address.segments()[0] == 0xFE80);
    let is_loopback = change.dev == Some(InterfaceRef::Name("lo".to_owned()));
    is_loopback || address.is_loopback() || address.is_multicast() || is_link_local
}
