//! Commands of `ip -batch`.

use super::line::{Line, LineError};
use super::line_change::Verb;
use super::{Parsed, ip};
use crate::spec::IpFamily;

/// True if the words are such a command.
pub(super) fn is_command(words: &[&str]) -> bool {
    matches!(words, ["ip" | "route" | "-4" | "-6" | "-f" | "-family", ..])
}

/// Parses all lines. Ignores blank lines and comments; a backslash at the end joins two lines.
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
        if let Err(error) = command(&mut parsed, &line) {
            parsed.errors.push(line.reject(error));
        }
    }
    parsed
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

fn command(parsed: &mut Parsed, line: &Line) -> Result<(), LineError> {
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
    ip::route(parsed, line, verb, words, family)
}
