//! Lines of `cmd`: variables and redirections.

use std::collections::HashMap;

use crate::import::quoted;

/// The variables of a batch file that its own lines set.
#[derive(Debug, Default)]
pub(super) struct Variables {
    known: HashMap<String, String>,
    /// Those that the open block sets: `%NAME%` in the block still has the value of before, `!NAME!`
    /// has the new one.
    of_block: HashMap<String, String>,
}

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
        Self {
            known: known.map(owned).into(),
            of_block: HashMap::new(),
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.known.contains_key(&name) || self.of_block.contains_key(&name)
    }

    pub(super) fn set(&mut self, name: &str, value: &str, in_block: bool) {
        if value.is_empty() {
            // A variable without a value does not exist.
            return self.forget(name);
        }
        let name = name.to_ascii_lowercase();
        if in_block {
            self.known.remove(&name);
            self.of_block.insert(name, value.to_owned());
        } else {
            self.known.insert(name, value.to_owned());
        }
    }

    /// Makes the value of a variable unknown.
    pub(super) fn forget(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        self.known.remove(&name);
        self.of_block.remove(&name);
    }

    /// Ends all blocks.
    pub(super) fn end_block(&mut self) {
        self.known.extend(self.of_block.drain());
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
                let name = name.to_ascii_lowercase();
                let of_block = self.of_block.get(&name).filter(|_| mark == '!');
                Some((of_block.or_else(|| self.known.get(&name))?, end))
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

/// The command without `>nul`, `2>&1` and other redirections.
pub(super) fn without_redirections(command: &str) -> String {
    let parts = quoted::split(command, &['>', '<']);
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        let part = if place == 0 { part } else { after_target(part) };
        let has_next = place + 1 < parts.len();
        // A digit right before the mark is the number of a stream.
        let stream = part
            .strip_suffix(|letter: char| letter.is_ascii_digit())
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
    let end = part.find(|letter: char| letter.is_whitespace() || "&|)".contains(letter));
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
            let command = without_redirections(line);
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
    fn known_variables_are_expanded() {
        let mut variables = Variables::new();
        variables.set("gw", "192.0.2.1", false);
        assert_eq!(
            variables.expanded("x %GW% !gw! %1 %%i"),
            "x 192.0.2.1 192.0.2.1  %i"
        );
        let text = variables.expanded("route add %net% x");
        assert_eq!(unknown_variable(&text), Some("%net%"));
    }

    #[test]
    fn a_variable_that_a_block_sets_is_known_after_it() {
        let mut variables = Variables::new();
        variables.set("gw", "192.0.2.1", false);
        variables.set("gw", "192.0.2.254", true);
        assert_eq!(variables.expanded("%gw% !gw!"), "%gw% 192.0.2.254");
        variables.end_block();
        assert_eq!(variables.expanded("%gw%"), "192.0.2.254");
    }
}
