//! Commands of `ip -batch`, and of `ip` in a shell.

use super::shell::ShellRun;
use crate::import::parsed::Parsed;
use crate::import::prompt;
use crate::import::score::Score;

/// How surely a line is such a command.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = prompt::command(line).unwrap_or(line);
    let words: Vec<_> = line.split_whitespace().collect();
    let words = words.strip_prefix(&["sudo"]).unwrap_or(&words);
    if has_command(words) {
        return Score::SURE;
    }
    let has_attribute = || {
        let attributes = [
            "via", "dev", "nexthop", "proto", "scope", "table", "gw", "-net", "-host",
        ];
        words.iter().any(|word| attributes.contains(word))
    };
    let is_verb = |word: &&str| {
        matches!(
            *word,
            "add" | "del" | "delete" | "replace" | "append" | "change"
        )
    };
    match words {
        ["ip", ..] if words.iter().any(is_verb) && !is_of_a_router(words) => Score::SURE,
        ["-4" | "-6" | "-f" | "-family", ..] if words.contains(&"route") => Score::SURE,
        [
            "route" | "ro",
            "add" | "del" | "delete" | "replace" | "append" | "change" | "chg",
            ..,
        ] if has_attribute() => Score::SURE,
        ["route", "del" | "replace" | "append", ..] => Score::LIKELY,
        ["route", "add" | "show"] | ["route", "add", _] => Score(2),
        ["route", .., last] if !last.ends_with(';') => Score::WEAK,
        ["ip", ..] if !is_of_a_router(words) => Score::WEAK,
        _ => Score::NONE,
    }
}

/// True for `ip route add` anywhere in a line, such as after `do` or in another folder.
fn has_command(words: &[&str]) -> bool {
    words.windows(3).any(|words| match words {
        [program, "route" | "ro" | "r", verb] => {
            program.rsplit('/').next() == Some("ip")
                && matches!(
                    *verb,
                    "add" | "a" | "del" | "delete" | "replace" | "append" | "change"
                )
        }
        _ => false,
    })
}

/// True for `ip route ADDRESS MASK GATEWAY` of a router's configuration.
fn is_of_a_router(words: &[&str]) -> bool {
    words
        .get(2)
        .is_some_and(|word| word.parse::<std::net::IpAddr>().is_ok())
}

/// Runs all lines as a shell does.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    ShellRun::of(text)
}
