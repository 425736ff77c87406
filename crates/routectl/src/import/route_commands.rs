//! Commands of Windows' `route`.

use std::net::Ipv4Addr;

use ipforward::IpNet;

use super::Parsed;
use super::address::{is_address, masked, next_hop, number, prefix};
use super::line::{Line, Wrong};
use super::said::{Dev, Metric, Said, Verb};

/// Whether words are such a command, and none of iproute2.
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

/// Takes all lines; what a batch file says beside is passed over.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        if let Err(wrong) = command(&mut parsed, &line) {
            parsed.errors.push(line.error(wrong));
        }
    }
    parsed
}

/// The words without case and without what `cmd` strips.
fn lower(words: &[&str]) -> Vec<String> {
    let lower = |word: &&str| word.trim_start_matches('@').to_ascii_lowercase();
    words.iter().map(lower).collect()
}

/// The words behind `route`.
fn arguments(words: &[String]) -> Option<&[String]> {
    match words {
        [route, rest @ ..] if matches!(route.as_str(), "route" | "route.exe") => Some(rest),
        _ => None,
    }
}

fn is_remark(words: &[String]) -> bool {
    words.first().is_none_or(|word| {
        matches!(
            word.as_str(),
            "rem" | "echo" | "setlocal" | "endlocal" | "pause"
        ) || word.starts_with("::")
            || word.starts_with('#')
    })
}

fn command(parsed: &mut Parsed, line: &Line) -> Result<(), Wrong> {
    let words = lower(&line.words());
    if is_remark(&words) {
        return Ok(());
    }
    let right = "`route add`, `route change` or `route delete`";
    let rest = arguments(&words)
        .ok_or_else(|| Wrong::new("the line is no command about routes", right))?;
    let mut rest = rest.iter().map(String::as_str).peekable();
    while let Some(option) = rest.next_if(|word| word.starts_with('-')) {
        match option {
            "-p" => {
                let note = "`-p` is left aside: what the driver makes is gone after a restart";
                parsed.notes.push(line.note(note));
            }
            "-4" | "-6" => {}
            _ => {
                return Err(Wrong::new(
                    format!("`{option}` cannot be taken"),
                    "no option, -p, -4 or -6",
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
            let wrong = format!("`route {word}` cannot be taken");
            return Err(Wrong::new(wrong, right));
        }
    };
    parsed.said.push(route(line, verb, rest)?);
    Ok(())
}

fn route<'a>(
    line: &Line,
    verb: Verb,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Said, Wrong> {
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
                return Err(Wrong::new(
                    format!("`{word}` is one word too many"),
                    "DESTINATION mask MASK GATEWAY metric METRIC if INTERFACE",
                ));
            }
        }
    }
    if hop.is_none() && verb != Verb::Delete {
        return Err(Wrong::new(
            "there is no gateway",
            "its address behind the mask, or 0.0.0.0 for a route on the link",
        ));
    }
    let prefix = destination_of(destination, mask, verb)?;
    Ok(Said {
        next_hop: hop,
        metric: metric.map(Metric::Own),
        dev: dev.map(Dev::Index),
        ..Said::new(line, verb, prefix)
    })
}

fn destination_of(word: &str, mask: Option<&str>, verb: Verb) -> Result<IpNet, Wrong> {
    match (word.parse::<Ipv4Addr>(), mask) {
        (Ok(address), Some(mask)) => masked(address, mask),
        (Ok(_), None) if verb == Verb::Delete => Err(Wrong::new(
            format!("which of the routes to {word} is not said"),
            format!("`{word} mask MASK`, or {word}/LENGTH"),
        )),
        (_, None) => prefix(word),
        (Err(_), Some(_)) => Err(Wrong::new(
            format!("`{word}` is no IPv4 address, and only those have a mask"),
            "ADDRESS mask MASK, or ADDRESS/LENGTH",
        )),
    }
}
