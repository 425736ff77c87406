//! Commands of `ip -batch`, and of `ip` in a shell.

use super::{ip, net_tools, shell};
use crate::import::line::{Line, LineError};
use crate::import::line_change::Verb;
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::prompt;
use crate::import::score::Score;
use crate::spec::IpFamily;

/// How surely a line is such a command.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = prompt::command(line).unwrap_or(line);
    let words: Vec<_> = line.split_whitespace().collect();
    let words = words.strip_prefix(&["sudo"]).unwrap_or(&words);
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
        ["route", ..] => Score::WEAK,
        ["ip", ..] if !is_of_a_router(words) => Score::WEAK,
        _ => Score::NONE,
    }
}

/// True for `ip route ADDRESS MASK GATEWAY` of a router's configuration.
fn is_of_a_router(words: &[&str]) -> bool {
    words
        .get(2)
        .is_some_and(|word| word.parse::<std::net::IpAddr>().is_ok())
}

/// Parses all lines. Ignores blank lines and comments; a backslash at the end joins two lines.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut lines = text.lines().zip(1..);
    while let Some((first, number)) = lines.next() {
        let first = prompt::command(first).unwrap_or(first);
        let mut whole = without_comment(first).to_owned();
        while let Some(begun) = whole.trim_end().strip_suffix('\\').map(str::to_owned) {
            let next = lines.next().map_or("", |(next, _)| without_comment(next));
            whole = format!("{begun} {next}");
        }
        let line = Line::new(number, &whole);
        for words in shell::commands(&line.text) {
            if let Err(error) = command(&mut parsed, &line, &words) {
                parsed.reject(&line, error);
            }
        }
    }
    parsed
}

fn without_comment(line: &str) -> &str {
    let is_begin = |place: &usize| line[..*place].ends_with(char::is_whitespace) || *place == 0;
    let mut marks = line.match_indices('#').map(|(place, _)| place);
    marks.find(is_begin).map_or(line, |place| &line[..place])
}

fn command(parsed: &mut Parsed, line: &Line, words: &[&str]) -> Result<(), LineError> {
    let mut rest = words;
    let mut family = None;
    if let [] | ["echo" | "set" | "exit" | "sleep" | "logger", ..] = rest {
        parsed.leave_out(line, LeftOut::Noise);
        return Ok(());
    }
    if let ["sudo", others @ ..] = rest {
        rest = others;
    }
    if let [program, others @ ..] = rest
        && (*program == "ip" || program.ends_with("/ip"))
    {
        rest = others;
    }
    loop {
        rest = match rest {
            ["-4", others @ ..] | ["-f" | "-family", "inet", others @ ..] => {
                family = Some(IpFamily::Ipv4);
                others
            }
            ["-6", others @ ..] | ["-f" | "-family", "inet6", others @ ..] => {
                family = Some(IpFamily::Ipv6);
                others
            }
            _ => break,
        };
    }
    let expected = "`route add`, `route append`, `route replace`, `route change` or `route del`";
    let (verb, words) = match rest {
        ["route" | "ro" | "r", verb, words @ ..] => (*verb, words),
        _ => return Err(LineError::new("not a route command", expected)),
    };
    let verb = match verb {
        // Windows orders routes by metric only, so `append` is `add`.
        "add" | "a" | "append" => Verb::Add,
        "replace" => Verb::Replace,
        "change" | "chg" => Verb::Change,
        "del" | "delete" | "d" => Verb::Delete,
        other => {
            return Err(LineError::new(
                format!("unsupported command `route {other}`"),
                expected,
            ));
        }
    };
    if net_tools::is_route(words) {
        parsed.add(line, net_tools::route(line, verb, words));
        return Ok(());
    }
    ip::route(parsed, line, verb, words, family)
}
