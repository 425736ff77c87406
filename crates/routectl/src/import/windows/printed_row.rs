//! One row of `route print`, recognized by its shape in any language and after any text.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use crate::import::address::{
    is_address, is_ipv4, is_like_ipv4, masked, metric, next_hop, prefix as whole_prefix,
};
use crate::import::line::{Line, LineError};
use crate::import::line_change::InterfaceRef;

/// The metric of a persistent route without one.
const AUTOMATIC: u32 = u32::MAX;

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct PrintedRow {
    pub(super) line: Line,
    pub(super) prefix: IpNet,
    pub(super) next_hop: NextHop,
    pub(super) dev: Option<InterfaceRef>,
    /// The complete metric of an active route, the own metric of a persistent one.
    pub(super) metric: Option<u32>,
    /// True if the route is active, not only persistent.
    pub(super) is_active: bool,
}

/// How a table writes indices of interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IndexBase {
    Decimal,
    /// At least one index has a letter.
    Hexadecimal,
    Unknown,
}

/// How the tables of both families write indices. The index of an IPv6 row is decimal; that of an IPv4
/// row, which stands in place of an address, can be hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexBases {
    ipv4: IndexBase,
    ipv6: IndexBase,
}

/// The words of an IPv4 row: destination and mask, and what follows.
fn ipv4_words<'a>(words: &'a [&'a str]) -> Option<(Ipv4Addr, &'a str, &'a [&'a str])> {
    let place = words
        .windows(2)
        .position(|pair| is_ipv4(pair[0]) && is_ipv4(pair[1]))?;
    // A destination with a mistake, before its mask and its gateway.
    if place > 0 && is_like_ipv4(words[place - 1]) {
        return None;
    }
    let address = words[place].parse().ok()?;
    Some((address, words[place + 1], &words[place + 2..])).filter(|(.., rest)| !rest.is_empty())
}

/// The words of an IPv6 row: index, metric and prefix, and what follows.
fn ipv6_words<'a>(words: &'a [&'a str]) -> Option<([&'a str; 3], &'a [&'a str])> {
    let place = words.windows(3).position(|row| {
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        is_index(row[0]) && is_number(row[1]) && is_ipv6_prefix(row[2])
    })?;
    Some((
        [words[place], words[place + 1], words[place + 2]],
        &words[place + 3..],
    ))
}

fn is_ipv6_prefix(word: &str) -> bool {
    matches!(word.parse(), Ok(IpNet::V6(_)))
}

/// True for an index in decimal or hexadecimal digits.
fn is_index(word: &str) -> bool {
    let digits = word.trim_start_matches("0x");
    !digits.is_empty() && u32::from_str_radix(digits, 16).is_ok() && !digits.starts_with('+')
}

/// True if a line is a row and nothing else.
pub(super) fn is_whole_row(words: &[&str]) -> bool {
    let is_number = |word: &str| word.parse::<u32>().is_ok();
    match (ipv4_words(words), ipv6_words(words)) {
        (Some((address, _, [.., dev, metric])), _) => {
            words.first() == Some(&address.to_string().as_str())
                && (is_ipv4(dev) || is_index(dev) && is_number(metric))
        }
        (None, Some(([dev, ..], _))) => words.first() == Some(&dev),
        _ => false,
    }
}

/// True if a line is no row, and would be one without a mistake or a missing word.
pub(super) fn is_damaged_row(words: &[&str]) -> bool {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_like_ipv6 = |word: &str| word.contains(':') && word.contains('/');
    match words {
        [destination, mask, ..] if is_like_ipv4(destination) && is_like_ipv4(mask) => true,
        [dev, metric, prefix, ..] => is_number(dev) && is_number(metric) && is_like_ipv6(prefix),
        _ => false,
    }
}

/// True if a line is an IPv6 row without its gateway, which is on the next line.
pub(super) fn lacks_gateway(words: &[&str]) -> bool {
    ipv6_words(words).is_some_and(|(_, gateway)| gateway.is_empty())
}

/// The bases of the indices of a file.
pub(super) fn index_bases(text: &str) -> IndexBases {
    let is_hexadecimal = |index: &str| {
        let is_letter = |letter: char| matches!(letter.to_ascii_lowercase(), 'a'..='f' | 'x');
        is_index(index) && index.contains(is_letter)
    };
    let mut bases = IndexBases {
        ipv4: IndexBase::Unknown,
        ipv6: IndexBase::Decimal,
    };
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match (ipv4_words(&words), ipv6_words(&words)) {
            (Some((.., [.., index, _])), _) if is_hexadecimal(index) => {
                bases.ipv4 = IndexBase::Hexadecimal;
            }
            (None, Some(([index, ..], _))) if is_hexadecimal(index) => {
                bases.ipv6 = IndexBase::Hexadecimal;
            }
            _ => {}
        }
    }
    bases
}

/// The row of a line, if it is a row.
pub(super) fn row(line: &Line, bases: IndexBases) -> Option<Result<PrintedRow, LineError>> {
    let words = line.words();
    if let Some((address, mask, rest)) = ipv4_words(&words) {
        return Some(ipv4(line, bases.ipv4, address, mask, rest));
    }
    ipv6_words(&words).map(|(row, gateway)| ipv6(line, bases.ipv6, row, gateway))
}

/// An active row ends with gateway, interface and metric; a persistent one with gateway and metric.
/// A gateway that is not an address is the localized word for on-link.
fn ipv4(
    line: &Line,
    base: IndexBase,
    address: Ipv4Addr,
    mask: &str,
    rest: &[&str],
) -> Result<PrintedRow, LineError> {
    let prefix = masked(address, mask)?;
    let row = |next_hop, dev, metric, is_active| PrintedRow {
        line: line.clone(),
        prefix,
        next_hop,
        dev,
        metric,
        is_active,
    };
    match rest {
        [gateway @ .., dev, complete] if !gateway.is_empty() && (is_ipv4(dev) || is_index(dev)) => {
            let dev = interface(dev, base)?;
            let hop = gateway_of(gateway)?;
            Ok(row(hop, Some(dev), Some(metric(complete)?), true))
        }
        [gateway, own @ ..] if is_ipv4(gateway) && is_metric(own) => {
            Ok(row(next_hop(gateway)?, None, own_metric(own)?, false))
        }
        [words @ .., own] if !words.is_empty() && !words.iter().any(|word| has_digit(word)) => {
            let hop = gateway_of(words)?;
            Ok(row(hop, None, own_metric(&[own])?, false))
        }
        _ => Err(LineError::new(
            "missing gateway, interface or metric",
            "destination, mask, gateway, interface (its address or its index) and metric",
        )),
    }
}

fn ipv6(
    line: &Line,
    base: IndexBase,
    [dev, complete, prefix]: [&str; 3],
    gateway: &[&str],
) -> Result<PrintedRow, LineError> {
    let expected = "interface index, metric, prefix and gateway";
    if gateway.is_empty() {
        return Err(LineError::new("missing gateway", expected));
    }
    let is_known = dev != "0" && complete != AUTOMATIC.to_string();
    Ok(PrintedRow {
        line: line.clone(),
        prefix: whole_prefix(prefix)?,
        next_hop: gateway_of(gateway)?,
        // A persistent route has neither an interface nor its metric.
        dev: if dev == "0" {
            None
        } else {
            Some(interface(dev, base)?)
        },
        metric: if complete == AUTOMATIC.to_string() {
            None
        } else {
            Some(metric(complete)?)
        },
        is_active: is_known,
    })
}

/// The interface of a row: one of its addresses, or its index.
fn interface(word: &str, base: IndexBase) -> Result<InterfaceRef, LineError> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(InterfaceRef::Address(address));
    }
    let invalid = |_| {
        LineError::new(
            format!("invalid interface `{word}`"),
            "an address of the interface, or its index",
        )
    };
    let digits = word.trim_start_matches("0x");
    if base == IndexBase::Decimal {
        return digits.parse().map(InterfaceRef::Index).map_err(invalid);
    }
    let hexadecimal = u32::from_str_radix(digits, 16).map_err(invalid)?;
    if base == IndexBase::Hexadecimal {
        return Ok(InterfaceRef::Index(hexadecimal));
    }
    let decimal = digits.parse().map_err(invalid)?;
    Ok(if decimal == hexadecimal {
        InterfaceRef::Index(decimal)
    } else {
        InterfaceRef::EitherIndex {
            decimal,
            hexadecimal,
        }
    })
}

/// True for the last column of a persistent route: a number, or the localized words for the default.
fn is_metric(words: &[&str]) -> bool {
    match words {
        [] => false,
        [one] => !one.contains(['.', ':']),
        several => !several.iter().any(|word| has_digit(word)),
    }
}

/// The metric of a persistent route; `None` for the default.
fn own_metric(words: &[&str]) -> Result<Option<u32>, LineError> {
    match words {
        [number] if *number == AUTOMATIC.to_string() => Ok(None),
        [number] if has_digit(number) => Ok(Some(metric(number)?)),
        _ => Ok(None),
    }
}

fn has_digit(word: &str) -> bool {
    word.contains(|letter: char| letter.is_ascii_digit())
}

/// The gateway. Words without a digit are the localized words for on-link.
fn gateway_of(words: &[&str]) -> Result<NextHop, LineError> {
    match words {
        [address] if is_address(address) => next_hop(address),
        words
            if words
                .iter()
                .any(|word| has_digit(word) || word.contains(['.', ':'])) =>
        {
            Err(LineError::new(
                format!("invalid gateway `{}`", words.join(" ")),
                "an address, or `On-link`",
            ))
        }
        _ => Ok(NextHop::OnLink),
    }
}
