//! Commands of Windows' `route`, in all spellings.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use crate::import::address::{
    is_address, is_ipv4, is_like_ipv4, mask_length, masked, metric, next_hop, number, prefix,
};
use crate::import::line::{Line, LineError, set_once};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::quoted;
use crate::import::score::Score;

/// The arguments of `route`.
const EXPECTED: &str = "DESTINATION mask MASK GATEWAY metric METRIC if INTERFACE";

/// How surely a command of `route` or `netsh` is one of Windows, and not one of iproute2.
pub(super) fn score(command: &str) -> Score {
    let words = quoted::words(command);
    let Some((program, rest)) = words.split_first() else {
        return Score::NONE;
    };
    if program == "netsh" || program.contains(['\\', '.']) {
        return Score::SURE;
    }
    let has_option = rest.iter().any(|word| is_option(word));
    let has_keyword = rest
        .iter()
        .any(|word| matches!(word.as_str(), "mask" | "if"));
    let has_linux = rest
        .iter()
        .any(|word| matches!(word.as_str(), "via" | "dev" | "proto" | "scope" | "nexthop"));
    let arguments: Vec<_> = rest.iter().filter(|word| !is_option(word)).collect();
    let verb = arguments.first().map(|word| word.as_str());
    let is_plain_deletion = verb == Some("delete") && arguments.len() == 2;
    let has_gateway = arguments.get(2).is_some_and(|word| is_address(word));
    match verb {
        _ if has_linux => Score::NONE,
        None if has_option => Score::SURE,
        Some("add" | "change" | "delete" | "print") if has_option || has_keyword || has_gateway => {
            Score::SURE
        }
        Some("delete") if is_plain_deletion => Score::WEAK,
        Some("print") => Score::LIKELY,
        Some("add" | "change" | "delete") => Score::WEAK,
        _ => Score::NONE,
    }
}

/// True for `-p`, `/p`, `-4`, `-6` and `-f`.
fn is_option(word: &str) -> bool {
    let option = word.strip_prefix(['-', '/']);
    option.is_some_and(|letter| {
        matches!(
            letter.to_ascii_lowercase().as_str(),
            "p" | "f" | "4" | "6" | "?" | "h"
        )
    })
}

/// Runs the command with the words after `route`.
pub(super) fn command(parsed: &mut Parsed, line: &Line, words: &[String]) {
    let lower: Vec<_> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let (options, words): (Vec<&str>, Vec<&str>) = lower
        .iter()
        .map(String::as_str)
        .partition(|word| word.starts_with(['-', '/']) && !word.starts_with("//"));
    for option in options {
        match &option[1..] {
            "p" => {
                let note =
                    format!("`{option}` is ignored: routes of the driver do not survive a restart");
                parsed.notes.push(line.note(note));
            }
            "4" | "6" => {}
            "f" => {
                let error = LineError::unsupported(
                    format!(
                        "`route {option}` removes all routes with a gateway, which no import does"
                    ),
                    "the other lines only; remove it, or leave it out with --skip",
                );
                parsed.reject(line, error);
                if words.is_empty() {
                    return;
                }
            }
            _ => {
                let error = LineError::new(
                    format!("unsupported option `{option}`"),
                    "-p, -4, -6 or no option",
                );
                return parsed.reject(line, error);
            }
        }
    }
    let Some((verb, arguments)) = words.split_first() else {
        return parsed.leave_out(line, LeftOut::Noise);
    };
    let verb = match *verb {
        "add" => Verb::Add,
        "change" => Verb::Change,
        "delete" => Verb::Delete,
        "print" => return parsed.leave_out(line, LeftOut::Prompt),
        // The text of a program, such as "Route addition succeeded".
        _ if is_text(arguments) => return parsed.leave_out(line, LeftOut::Noise),
        word => {
            let error = LineError::new(
                format!("unsupported command `route {word}`"),
                "`route add`, `route change` or `route delete`",
            );
            return parsed.reject(line, error);
        }
    };
    parsed.add(line, route(line, verb, arguments));
}

/// True for words without anything that could be a destination.
fn is_text(words: &[&str]) -> bool {
    let is_destination = |word: &&str| word.contains(['.', '/', '*', '%', ':']);
    !words.iter().any(is_destination)
}

fn route(line: &Line, verb: Verb, words: &[&str]) -> Result<LineChange, LineError> {
    let (mut mask, mut hop, mut own, mut dev) = (None, None, None, None);
    let mut words = words.iter().copied();
    let destination = words.next().unwrap_or_default();
    while let Some(word) = words.next() {
        let mut value = || {
            let expected = format!("`{word}` and its value");
            let missing = || LineError::new(format!("`{word}` needs a value"), expected);
            words.next().ok_or_else(missing)
        };
        match word {
            "mask" => set_once(&mut mask, word, value()?)?,
            "metric" => set_once(&mut own, word, metric(value()?)?)?,
            "if" => set_once(&mut dev, word, number(word, value()?)?)?,
            _ if hop.is_none() && is_address(word) => hop = Some(next_hop(word)?),
            _ if hop.is_none() => {
                return Err(next_hop(word).err().unwrap_or_else(|| unexpected(word)));
            }
            _ => {
                return Err(match hop.and_then(NextHop::address) {
                    Some(IpAddr::V4(slip)) if is_address(word) && mask_length(slip).is_some() => {
                        LineError::new(
                            format!("`{slip}` is a mask"),
                            format!("`mask {slip}` before the gateway"),
                        )
                    }
                    _ => unexpected(word),
                });
            }
        }
    }
    if hop.is_none() && verb != Verb::Delete {
        return Err(LineError::new(
            "missing gateway",
            "an address after the mask, or 0.0.0.0 for an on-link route",
        ));
    }
    let (verb, prefix) = destination_of(destination, mask, verb)?;
    Ok(LineChange {
        next_hop: hop,
        metric: own.map(Metric::Own),
        dev: dev.map(InterfaceRef::Index),
        ..LineChange::new(line, verb, prefix)
    })
}

fn unexpected(word: &str) -> LineError {
    LineError::new(format!("unexpected `{word}`"), EXPECTED)
}

/// The prefix. A deletion without a mask means all routes to the address.
fn destination_of(text: &str, mask: Option<&str>, verb: Verb) -> Result<(Verb, IpNet), LineError> {
    if text.contains(['*', '?']) {
        return Err(LineError::unsupported(
            format!("the pattern `{text}` can mean many routes"),
            "the routes themselves, one a line",
        ));
    }
    match (text.parse::<Ipv4Addr>(), mask) {
        (Ok(address), Some(mask)) => Ok((verb, masked(address, mask)?)),
        (Ok(_), None) if verb == Verb::Delete => Ok((Verb::DeleteAddress, prefix(text)?)),
        (_, None) => Ok((verb, prefix(text)?)),
        (Err(_), Some(_)) if is_like_ipv4(text) => Err(LineError::new(
            format!("invalid address `{text}`"),
            "four numbers from 0 to 255 without leading zeros (10.20.0.0)",
        )),
        (Err(_), Some(mask)) if is_ipv4(mask) => Err(LineError::new(
            format!("`{text}` cannot have a mask: it is not an IPv4 address"),
            "ADDRESS mask MASK, or ADDRESS/LENGTH",
        )),
        (Err(_), Some(mask)) => Err(unexpected(mask)),
    }
}
