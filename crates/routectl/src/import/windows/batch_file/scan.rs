//! Finding the end of a command.

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// The end of the line, or `)`, which stays.
    End,
    /// `&`, `&&` or `|`: the next command runs as well.
    And,
    /// `||`: the next command runs only if this one fails.
    Or,
}

/// The first command of a text without escaping carets, what follows it, and the rest of the text. A
/// `)` ends a command only in parentheses.
pub(super) fn simple_command(text: &str, in_parentheses: bool) -> (String, Separator, &str) {
    let mut command = String::new();
    let mut is_open = false;
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        let rest = &text[place..];
        match letter {
            '^' if !is_open => command.extend(letters.next().map(|(_, escaped)| escaped)),
            '&' if !is_open => {
                return (command, Separator::And, rest.trim_start_matches('&'));
            }
            '|' if !is_open && rest.starts_with("||") => {
                return (command, Separator::Or, &rest[2..]);
            }
            '|' if !is_open => return (command, Separator::And, &rest[1..]),
            ')' if !is_open && in_parentheses => return (command, Separator::End, rest),
            _ => {
                is_open ^= letter == '"';
                command.push(letter);
            }
        }
    }
    (command, Separator::End, "")
}

/// What follows a word at the start of a text, in any case.
pub(super) fn word_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    let is_whole = rest.starts_with(|letter: char| letter.is_whitespace() || letter == '(');
    (start.eq_ignore_ascii_case(word) && is_whole).then(|| rest.trim_start())
}

/// The text in the parentheses that begin a text, and the rest; `None` if they do not close.
pub(super) fn parenthesized(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('(')?;
    let (mut depth, mut is_open) = (1, false);
    for (place, letter) in inside.char_indices() {
        match letter {
            '"' => is_open = !is_open,
            '(' if !is_open => depth += 1,
            ')' if !is_open => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inside[..place], &inside[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_at_a_separator_outside_of_quotes() {
        for (text, in_parentheses, expected) in [
            ("a b & c", false, ("a b ", Separator::And, " c")),
            ("a && c", false, ("a ", Separator::And, " c")),
            ("a || c", false, ("a ", Separator::Or, " c")),
            ("a | c", false, ("a ", Separator::And, " c")),
            ("a \"b & c\"", false, ("a \"b & c\"", Separator::End, "")),
            ("a ^& b", false, ("a & b", Separator::End, "")),
            ("a) else (b", true, ("a", Separator::End, ") else (b")),
            ("echo :)", false, ("echo :)", Separator::End, "")),
        ] {
            let (command, separator, rest) = simple_command(text, in_parentheses);
            assert_eq!((command.as_str(), separator, rest), expected, "{text}");
        }
    }

    #[test]
    fn parentheses_close_in_pairs() {
        assert_eq!(parenthesized("(a (b) c) d"), Some(("a (b) c", " d")));
        assert_eq!(parenthesized("(a \")\""), None);
    }
}
