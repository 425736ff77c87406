//! Words without quotes, with the values of variables.

use std::collections::HashMap;

/// The variables that the script itself sets.
pub(super) type ShellVariables = HashMap<String, String>;

/// The words that a word with quotes stands for: none or several if it is a variable outside of quotes. The
/// error is the part that has no value in the script.
pub(super) fn expanded(raw: &str, variables: &ShellVariables) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = raw;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = after;
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            ('\\', None | Some('"')) => {
                let escaped = after.chars().next();
                word.get_or_insert_default().extend(escaped);
                rest = &after[escaped.map_or(0, char::len_utf8)..];
            }
            ('`', None | Some('"')) => return Err(raw.to_owned()),
            ('$', None | Some('"')) => {
                let Some((name, end)) = variable(after) else {
                    return Err(raw.to_owned());
                };
                let written = &raw[raw.len() - after.len() - 1..raw.len() - end.len()];
                let value = variables.get(name).ok_or_else(|| written.to_owned())?;
                rest = end;
                if quote.is_some() {
                    word.get_or_insert_default().push_str(value);
                } else {
                    push_split(&mut words, &mut word, value);
                }
            }
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Adds a value outside of quotes: its blanks end words.
fn push_split(words: &mut Vec<String>, word: &mut Option<String>, value: &str) {
    for letter in value.chars() {
        if letter.is_whitespace() {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(letter);
        }
    }
}

/// The name behind a `$`, and what follows it; none if it is no plain variable.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix('{') {
        let (name, rest) = inside.split_once('}')?;
        return is_name(name).then_some((name, rest));
    }
    if text.starts_with('(') {
        return None;
    }
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    let first = text.chars().next()?;
    // `$1` and `$@` are arguments.
    let end = if is_end(first) || first.is_ascii_digit() {
        first.len_utf8()
    } else {
        text.find(is_end).unwrap_or(text.len())
    };
    Some(text.split_at(end))
}

/// True for the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_quotes_are_replaced() {
        let variables = ShellVariables::from([
            ("GW".to_owned(), "192.0.2.1".to_owned()),
            ("NETS".to_owned(), "10.1.0.0/16 10.2.0.0/16".to_owned()),
        ]);
        for (raw, expected) in [
            ("$GW", Ok(vec!["192.0.2.1"])),
            ("${GW}", Ok(vec!["192.0.2.1"])),
            ("\"$GW\"", Ok(vec!["192.0.2.1"])),
            ("'$GW'", Ok(vec!["$GW"])),
            ("$NETS", Ok(vec!["10.1.0.0/16", "10.2.0.0/16"])),
            ("\"$NETS\"", Ok(vec!["10.1.0.0/16 10.2.0.0/16"])),
            ("a\"b c\"\\ d", Ok(vec!["ab c d"])),
            ("\"\"", Ok(vec![""])),
            ("x$DEV/1", Err("$DEV")),
            ("$1", Err("$1")),
            ("${GW:-192.0.2.2}", Err("${GW:-192.0.2.2}")),
            ("$(hostname -I)", Err("$(hostname -I)")),
        ] {
            let expected = expected
                .map(|words| words.into_iter().map(str::to_owned).collect())
                .map_err(str::to_owned);
            assert_eq!(expanded(raw, &variables), expected, "{raw}");
        }
    }
}
