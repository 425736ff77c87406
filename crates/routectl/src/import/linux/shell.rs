//! Commands of a line of a shell.

/// The commands that run if each of them succeeds, as words without redirections.
pub(super) fn commands(line: &str) -> Vec<Vec<&str>> {
    let mut commands = vec![Vec::new()];
    let mut words = line.split_whitespace();
    let mut is_alternative = false;
    while let Some(word) = words.next() {
        let (word, ends) = match word.strip_suffix(';') {
            Some(word) => (word, true),
            None => (word, word == "&&"),
        };
        let is_redirection = [">", "2>", "1>", "&>", "<"]
            .iter()
            .any(|mark| word.starts_with(mark));
        match word {
            "&&" | "" => {}
            // What follows runs only if the command fails.
            "||" => is_alternative = true,
            ">" | "2>" | "1>" | "&>" | ">>" | "<" => {
                words.next();
            }
            _ if is_redirection || is_alternative => {}
            word => commands
                .last_mut()
                .into_iter()
                .for_each(|command| command.push(unquoted(word))),
        }
        if ends {
            is_alternative = false;
            commands.push(Vec::new());
        }
    }
    commands.retain(|command| !command.is_empty());
    if commands.is_empty() {
        commands.push(Vec::new());
    }
    commands
}

/// A word without the quotes around it.
fn unquoted(word: &str) -> &str {
    let inside = |quote| word.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_and_alternatives_are_left_out() {
        for (line, expected) in [
            ("a b", vec![vec!["a", "b"]]),
            (
                "a 2>/dev/null > x || c && d; e",
                vec![vec!["a"], vec!["d"], vec!["e"]],
            ),
            ("", vec![vec![]]),
        ] {
            assert_eq!(commands(line), expected, "{line}");
        }
    }
}
