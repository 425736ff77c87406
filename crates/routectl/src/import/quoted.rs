//! Words in quotes.

/// The words of a line. Double quotes join words and are removed; `\"` is a quote.
pub(super) fn words(text: &str) -> Vec<String> {
    words_with(text, &['"'])
}

/// The words of a line, with any of these quotes.
pub(super) fn words_with(text: &str, quotes: &[char]) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut open = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.peek() == Some(&'"') {
            letters.next();
            word.get_or_insert_default().push('"');
        } else if open == Some(letter) {
            open = None;
        } else if open.is_none() && quotes.contains(&letter) {
            open = Some(letter);
            word.get_or_insert_default();
        } else if open.is_none() && letter.is_whitespace() {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(letter);
        }
    }
    words.extend(word);
    words
}

/// Splits at any of the separators outside of double quotes.
pub(super) fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut is_open) = (0, false);
    for (place, letter) in text.char_indices() {
        if letter == '"' {
            is_open = !is_open;
        } else if !is_open && separators.contains(&letter) {
            parts.push(&text[start..place]);
            start = place + letter.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_join_words() {
        assert_eq!(
            words(r#"add "Ethernet 2" x="a b" "" \"q\""#),
            ["add", "Ethernet 2", "x=a b", "", "\"q\""]
        );
        assert_eq!(split(r#"a "b & c" & d"#, &['&']), [r#"a "b & c" "#, " d"]);
    }
}
