//! Lines of `cmd`: variables, joined commands and redirections.

use std::collections::HashMap;

use crate::import::quoted;

/// The variables of a batch file that its own lines set.
#[derive(Debug, Default)]
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// The variables at the start, without arguments.
    pub(super) fn new() -> Self {
        let known = [
            ("errorlevel", "0"),
            ("windir", r"C:\Windows"),
            ("systemroot", r"C:\Windows"),
            ("comspec", r"C:\Windows\system32\cmd.exe"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(known.map(owned).into())
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(&name.to_ascii_lowercase())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0
            .insert(name.trim().to_ascii_lowercase(), value.to_owned());
    }

    /// Makes the value of a variable unknown.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(&name.trim().to_ascii_lowercase());
    }

    /// The line with the values of known variables; a name that is not known stays. Arguments of
    /// the file are empty.
    pub(super) fn expanded(&self, line: &str) -> String {
        let line = self.expanded_between(line, '%');
        self.expanded_between(&line, '!')
    }

    fn expanded_between(&self, line: &str, mark: char) -> String {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(mark) {
            text.push_str(before);
            if mark == '%' && after.starts_with(mark) {
                text.push(mark);
                rest = &after[1..];
                continue;
            }
            // `fe80::1%7` is an address with a scope.
            let follows_word = before.ends_with(|letter: char| letter.is_ascii_alphanumeric());
            if mark == '%'
                && !follows_word
                && after.starts_with(|letter: char| letter.is_ascii_digit() || letter == '*')
            {
                rest = &after[1..];
                continue;
            }
            let value = after.split_once(mark).and_then(|(name, end)| {
                let value = self.0.get(&name.to_ascii_lowercase())?;
                Some((value, end))
            });
            if let Some((value, end)) = value {
                text.push_str(value);
                rest = end;
            } else {
                text.push(mark);
                rest = after;
            }
        }
        text + rest
    }
}

/// A variable without a value in a command.
pub(super) fn unknown_variable(command: &str) -> Option<&str> {
    let mark = ['%', '!']
        .into_iter()
        .find(|mark| command.contains(*mark))?;
    let start = command.find(mark)?;
    let is_scope = command[..start].ends_with(|letter: char| letter.is_ascii_hexdigit());
    if is_scope && command[start + 1..].starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let end = command[start + 1..].find(mark).map(|end| start + 2 + end);
    let end = end.unwrap_or_else(|| {
        let space = command[start..].find(char::is_whitespace);
        space.map_or(command.len(), |space| start + space)
    });
    command.get(start..end)
}

/// The commands of a line that run if each of them succeeds, without redirections.
pub(super) fn commands(line: &str) -> Vec<String> {
    // `a || b` runs `b` only if `a` fails; `a | b` reads the output of `a`.
    let run = |joined: &&str| {
        quoted::split(joined, &['|'])
            .first()
            .map(|first| first.trim().to_owned())
    };
    quoted::split(&without_redirections(line), &['&'])
        .iter()
        .filter_map(run)
        .filter(|command| !command.is_empty())
        .collect()
}

/// The command without `>nul`, `2>&1` and other redirections.
pub(super) fn without_redirections(command: &str) -> String {
    let parts = quoted::split(command, &['>', '<']);
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        let part = if place == 0 { part } else { after_target(part) };
        let has_next = place + 1 < parts.len();
        // A digit right before the mark is the number of a stream.
        let stream = part
            .strip_suffix(['1', '2'])
            .filter(|rest| has_next && (rest.is_empty() || rest.ends_with(char::is_whitespace)));
        text.push_str(stream.unwrap_or(part));
        text.push(' ');
    }
    text.trim().to_owned()
}

/// What follows the file of a redirection.
fn after_target(part: &str) -> &str {
    let part = part.trim_start();
    // `2>&1` and the second mark of `>>`.
    let part = part.strip_prefix('&').unwrap_or(part);
    if let Some(quoted) = part.strip_prefix('"') {
        return quoted.split_once('"').map_or("", |(_, rest)| rest);
    }
    let end = part.find(|letter: char| letter.is_whitespace() || letter == '&' || letter == '|');
    &part[end.unwrap_or(part.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_are_removed() {
        for (line, expected) in [
            ("route add 10.0.0.0 >nul 2>&1", "route add 10.0.0.0"),
            ("route add 10.0.0.0 > nul", "route add 10.0.0.0"),
            (
                "route add 10.0.0.0 metric 2>nul",
                "route add 10.0.0.0 metric 2",
            ),
            (
                "route add 10.0.0.0 >>\"my log.txt\" if 7",
                "route add 10.0.0.0  if 7",
            ),
            ("pause>nul", "pause"),
        ] {
            let command = commands(line).into_iter().next().unwrap_or_default();
            let words: Vec<_> = command.split_whitespace().collect();
            let expected: Vec<_> = expected.split_whitespace().collect();
            if line.contains("metric 2>") {
                // `cmd` reads `2>` as a redirection of the error output.
                assert_eq!(words, ["route", "add", "10.0.0.0", "metric"]);
            } else {
                assert_eq!(words, expected, "{line}");
            }
        }
    }

    #[test]
    fn joined_commands_are_separated() {
        assert_eq!(commands("a & b && c & rem d"), ["a", "b", "c", "rem d"]);
        assert_eq!(commands("a || b"), ["a"]);
        assert_eq!(commands("a | find \"x & y\""), ["a"]);
    }

    #[test]
    fn known_variables_are_expanded() {
        let mut variables = Variables::new();
        variables.set("gw", "192.0.2.1");
        assert_eq!(
            variables.expanded("x %GW% !gw! %1 %%i"),
            "x 192.0.2.1 192.0.2.1  %i"
        );
        let text = variables.expanded("route add %net% x");
        assert_eq!(unknown_variable(&text), Some("%net%"));
    }
}
