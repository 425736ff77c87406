//! Scripts of `netsh`, as `netsh -f` reads and `netsh dump` writes them.

use super::command::{self, CommandContext};
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;
use crate::import::{prompt, quoted};

/// How surely a line is of a script of `netsh`.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = prompt::command(line).unwrap_or(line);
    let words: Vec<_> = line
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["netsh"] | ["pushd" | "popd", ..] | ["add" | "set" | "delete", "route", ..] => Score::SURE,
        ["netsh", ..]
        | ["interface" | "int" | "ipv4" | "ipv6" | "reset"]
        | ["interface" | "int", "ipv4" | "ipv6" | "ip"]
        | [
            "set" | "add",
            "global" | "interface" | "address" | "dns" | "dnsservers",
            ..,
        ] => Score::LIKELY,
        _ => Score::NONE,
    }
}

/// Parses all lines; each can be a command of `netsh` without its name.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut context = CommandContext::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, prompt::command(text).unwrap_or(text));
        let text = line.text.trim_start_matches('@');
        let lower = text.to_ascii_lowercase();
        let is_comment =
            text.starts_with(['#', ';']) || lower.starts_with("rem") || text.starts_with("::");
        let is_answer = matches!(lower.as_str(), "ok." | "ok!");
        if text.is_empty() || is_comment || is_answer {
            parsed.leave_out(&line, LeftOut::Noise);
            continue;
        }
        let command = super::cmd_line::without_redirections(text);
        if command::concerns_routes(&command) || lower.starts_with("netsh") {
            command::run(&mut parsed, &mut context, &line, &command);
        } else if is_of_netsh(&lower) {
            super::netsh::command(
                &mut parsed,
                &mut context.netsh,
                &line,
                &quoted::words(&command),
            );
        } else {
            let expected =
                "`add route`, `set route` or `delete route` with prefix=, interface= and nexthop=";
            parsed.reject(&line, LineError::new("not a command of netsh", expected));
        }
    }
    parsed
}

fn is_of_netsh(lower: &str) -> bool {
    let first = lower.split_whitespace().next().unwrap_or_default();
    matches!(
        first,
        "add"
            | "set"
            | "delete"
            | "del"
            | "show"
            | "reset"
            | "interface"
            | "int"
            | "ipv4"
            | "ipv6"
            | "ip"
            | "pushd"
            | "popd"
            | "dump"
            | "exit"
            | "bye"
            | "quit"
            | "commit"
            | "online"
            | "offline"
            | "abort"
            | "install"
            | "uninstall"
            | ".."
            | "routing"
            | "echo"
            | "pause"
    )
}
