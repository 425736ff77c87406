//! Commands of Windows' `route`.

use std::net::Ipv4Addr;

use ipforward::IpNet;

use super::Parsed;
use super::address::{is_address, masked, next_hop, number, prefix};
use super::line::{Line, LineError};
use super::line_change::{InterfaceRef, LineChange, Metric, Verb};

/// True if the words are such a command, and not one of iproute2.
pub(super) fn is_command(words: &[&str]) -> bool {
    let words = lower(words);
    let Some(rest) = arguments(&words) else {
        return false;
    };
    let is_option = |word: &&String| word.starts_with('-');
    let rest: Vec<_> = rest.iter().skip_while(is_option).collect();
    words
        .iter()
        .any(|word| matches!(word.as_str(), "mask" | "if" | "-p"))
        || rest.get(2).is_some_and(|word| is_address(word))
}

/// Parses all lines; skips other commands of a batch file.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        if let Err(error) = command(&mut parsed, &line) {
            parsed.errors.push(line.reject(error));
        }
    }
    parsed
}

/// The words in lower case, without the `@` of `cmd`.
fn lower(words: &[&str]) -> Vec<String> {
    let lower = |word: &&str| word.trim_start_matches('@').to_ascii_lowercase();
    words.iter().map(lower).collect()
}

/// The words after `route`.
fn arguments(words: &[String]) -> Option<&[String]> {
    match words {
        [route, rest @ ..] if matches!(route.as_str(), "route" | "route.exe") => Some(rest),
        _ => None,
    }
}

fn is_other_command(words: &[String]) -> bool {
    words.first().is_none_or(|word| {
        matches!(
            word.as_str(),
            "rem" | "echo" | "setlocal" | "endlocal" | "pause"
        ) || word.starts_with("::")
            || word.starts_with('#')
    })
}

fn command(parsed: &mut Parsed, line: &Line) -> Result<(), LineError> {
    let words = lower(&line.words());
    if is_other_command(&words) {
        return Ok(());
    }
    let expected = "`route add`, `route change` or `route delete`";
    let rest = arguments(&words).ok_or_else(|| LineError::new("not a route command", expected))?;
    let mut rest = rest.iter().map(String::as_str).peekable();
    while let Some(option) = rest.next_if(|word| word.starts_with('-')) {
        match option {
            "-p" => {
                let note = "`-p` is ignored: routes of the driver do not survive a restart";
                parsed.notes.push(line.note(note));
            }
            "-4" | "-6" => {}
            _ => {
                return Err(LineError::new(
                    format!("unsupported option `{option}`"),
                    "-p, -4, -6 or no option",
                ));
            }
        }
    }
    let verb = match rest.next() {
        Some("add") => Verb::Add,
        Some("change") => Verb::Change,
        Some("delete") => Verb::Delete,
        other => {
            let word = other.unwrap_or_default();
            let error = format!("unsupported command `route {word}`");
            return Err(LineError::new(error, expected));
        }
    };
    parsed.changes.push(route(line, verb, rest)?);
    Ok(())
}

fn route<'a>(
    line: &Line,
    verb: Verb,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<LineChange, LineError> {
    let destination = words.next().unwrap_or_default();
    let (mut mask, mut hop, mut metric, mut dev) = (None, None, None, None);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_default();
        match word {
            "mask" => mask = Some(value()),
            "metric" => metric = Some(number(word, value())?),
            "if" => dev = Some(number(word, value())?),
            _ if hop.is_none() => hop = Some(next_hop(word)?),
            _ => {
                return Err(LineError::new(
                    format!("unexpected `{word}`"),
                    "DESTINATION mask MASK GATEWAY metric METRIC if INTERFACE",
                ));
            }
        }
    }
    if hop.is_none() && verb != Verb::Delete {
        return Err(LineError::new(
            "missing gateway",
            "an address after the mask, or 0.0.0.0 for an on-link route",
        ));
    }
    let prefix = destination_of(destination, mask, verb)?;
    Ok(LineChange {
        next_hop: hop,
        metric: metric.map(Metric::Own),
        dev: dev.map(InterfaceRef::Index),
        ..LineChange::new(line, verb, prefix)
    })
}

fn destination_of(text: &str, mask: Option<&str>, verb: Verb) -> Result<IpNet, LineError> {
    match (text.parse::<Ipv4Addr>(), mask) {
        (Ok(address), Some(mask)) => masked(address, mask),
        (Ok(_), None) if verb == Verb::Delete => Err(LineError::new(
            format!("missing mask of {text}"),
            format!("`{text} mask MASK`, or {text}/LENGTH"),
        )),
        (_, None) => prefix(text),
        (Err(_), Some(_)) => Err(LineError::new(
            format!("`{text}` cannot have a mask: it is not an IPv4 address"),
            "ADDRESS mask MASK, or ADDRESS/LENGTH",
        )),
    }
}
