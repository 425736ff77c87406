//! The words of a route's text. A word with spaces is in quotation marks.

use std::fmt;

/// Writes a word so that [`split`] reads it as one.
pub(super) struct Word<'a>(pub(super) &'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(|c: char| c.is_whitespace() || c == '"') {
            write!(formatter, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            formatter.write_str(self.0)
        }
    }
}

/// The words of `text`. Within quotation marks, two of them stand for one.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = rest
            .strip_prefix('"')
            .map_or_else(|| split_plain(rest), split_quoted);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// The word up to the next space, and the text after it.
fn split_plain(text: &str) -> (String, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

/// The word up to the closing quotation mark, or to the end, and the text after it.
fn split_quoted(quoted: &str) -> (String, &str) {
    let mut word = String::new();
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once('"') {
        word.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                word.push('"');
                rest = more;
            }
            None => return (word, after),
        }
    }
    word.push_str(rest);
    (word, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotation_marks_keep_a_word_together() {
        assert_eq!(
            split("  dev \"Ethernet 2\"  metric 5"),
            ["dev", "Ethernet 2", "metric", "5"]
        );
        assert_eq!(split("\"a \"\"b\"\"\" \"open end"), ["a \"b\"", "open end"]);
        assert!(split(" ").is_empty());
    }

    proptest! {
        #[test]
        fn words_are_read_as_they_were_written(words in prop::collection::vec("[a-z \"]*[a-z]", 0..4)) {
            let text: Vec<_> = words.iter().map(|word| Word(word).to_string()).collect();
            prop_assert_eq!(split(&text.join(" ")), words);
        }
    }
}
