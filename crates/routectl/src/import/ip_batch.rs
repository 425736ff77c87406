//! Commands of iproute2, as for `ip -batch`.

use super::line::{Line, Wrong};
use super::said::Verb;
use super::{Parsed, ip};
use crate::arguments::Family;

/// Whether words are such a command.
pub(super) fn is_command(words: &[&str]) -> bool {
    matches!(words, ["ip" | "route" | "-4" | "-6" | "-f" | "-family", ..])
}

/// Takes all lines: blank ones and comments say nothing, and a backslash at the end of a line goes
/// on with the next.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut lines = text.lines().zip(1..);
    while let Some((first, number)) = lines.next() {
        let mut whole = without_comment(first).to_owned();
        while let Some(begun) = whole.trim_end().strip_suffix('\\').map(str::to_owned) {
            let next = lines.next().map_or("", |(next, _)| without_comment(next));
            whole = format!("{begun} {next}");
        }
        let line = Line::new(number, &whole);
        if let Err(wrong) = command(&mut parsed, &line) {
            parsed.errors.push(line.error(wrong));
        }
    }
    parsed
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

fn command(parsed: &mut Parsed, line: &Line) -> Result<(), Wrong> {
    let words = line.words();
    if words.is_empty() {
        return Ok(());
    }
    let mut rest = words.as_slice();
    let mut family = None;
    if let ["ip", others @ ..] = rest {
        rest = others;
    }
    loop {
        rest = match rest {
            ["-4", others @ ..] | ["-f" | "-family", "inet", others @ ..] => {
                family = Some(Family::Ipv4);
                others
            }
            ["-6", others @ ..] | ["-f" | "-family", "inet6", others @ ..] => {
                family = Some(Family::Ipv6);
                others
            }
            _ => break,
        };
    }
    let right = "`route add`, `route append`, `route replace`, `route change` or `route del`";
    let (verb, words) = match rest {
        ["route" | "ro" | "r", verb, words @ ..] => (*verb, words),
        _ => return Err(Wrong::new("the line is no command about routes", right)),
    };
    let verb = match verb {
        // Which of several routes comes first, on Windows the metric says.
        "add" | "a" | "append" => Verb::Add,
        "replace" => Verb::Replace,
        "change" | "chg" => Verb::Change,
        "del" | "delete" | "d" => Verb::Delete,
        other => {
            return Err(Wrong::new(
                format!("`route {other}` cannot be taken"),
                right,
            ));
        }
    };
    ip::route(parsed, line, verb, words, family)
}
