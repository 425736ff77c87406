//! One command of `ip` or of the older `route`.

use super::{ip, net_tools};
use crate::import::line::{Line, LineError};
use crate::import::line_change::Verb;
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::spec::IpFamily;

/// Runs one command with its words; an error if it does not change a route.
pub(super) fn command(parsed: &mut Parsed, line: &Line, words: &[&str]) -> Result<(), LineError> {
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
    let mut path;
    if let [program, others @ ..] = rest
        && program.ends_with("/route")
    {
        path = vec!["route"];
        path.extend(others);
        rest = &path;
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
        // The older `route` has the family in front of its verb.
        [
            "route",
            "-A" | "--inet" | "--inet6" | "-4" | "-6" | "-n",
            ..,
        ] => {
            let is_option =
                |word: &&str| word.starts_with('-') || matches!(*word, "inet" | "inet6");
            let options = rest[1..].iter().take_while(|word| is_option(word)).count();
            let verb = rest.get(1 + options).copied().unwrap_or_default();
            (verb, rest.get(2 + options..).unwrap_or_default())
        }
        ["route" | "ro" | "r", verb, words @ ..] => (*verb, words),
        [first, others @ ..]
            if *first != "route" && others.iter().any(|word| word.contains("route")) =>
        {
            let error = "a route inside another command cannot be imported";
            let expected = "the command for the route alone";
            return Err(LineError::unsupported(error, expected));
        }
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

/// True if a command, or one inside of it, changes routes.
pub(super) fn concerns_routes(words: &[String]) -> bool {
    if matches!(words.first().map(String::as_str), Some("echo" | "logger")) {
        return false;
    }
    let is_end = |letter: char| letter.is_whitespace() || "\"'`();{}".contains(letter);
    let words: Vec<_> = words
        .iter()
        .flat_map(|word| word.split(is_end))
        .filter(|word| !word.is_empty())
        .collect();
    let is_verb = |word: &&str| {
        matches!(
            *word,
            "add"
                | "a"
                | "append"
                | "prepend"
                | "replace"
                | "change"
                | "chg"
                | "del"
                | "delete"
                | "d"
                | "flush"
                | "restore"
                | "-batch"
                | "-b"
                | "-force"
        )
    };
    let is_program = |word: &&str| matches!(word.rsplit('/').next(), Some("ip" | "route"));
    let program = words.iter().position(is_program);
    program.is_some_and(|place| words[place + 1..].iter().any(is_verb))
}

/// True for `ip -batch -`, which reads its commands from its input.
pub(super) fn reads_commands(words: &[String]) -> bool {
    let is_batch = |word: &String| matches!(word.as_str(), "-batch" | "-b");
    words.iter().any(is_batch) && words.last().is_some_and(|word| word == "-")
}
