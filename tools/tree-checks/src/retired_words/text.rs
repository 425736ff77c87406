//! The words of a text.

/// One word, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextWord {
    pub(super) text: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// The words of a text. An identifier is as many words as its name is made of.
pub(super) fn words(text: &str) -> Vec<TextWord> {
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut word = String::new();
        let mut was_lower = false;
        let mut finish = |word: &mut String| {
            if !word.is_empty() {
                words.push(TextWord {
                    text: std::mem::take(word),
                    line: index + 1,
                });
            }
        };
        for letter in line.chars() {
            if !letter.is_alphanumeric() {
                finish(&mut word);
                was_lower = false;
                continue;
            }
            if letter.is_uppercase() && was_lower {
                finish(&mut word);
            }
            was_lower = letter.is_lowercase();
            word.extend(letter.to_lowercase());
        }
        finish(&mut word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_split_into_their_words() {
        let found: Vec<_> = words("ErrandQueue, next_errand:\n  ERRAND_MAX errand's")
            .into_iter()
            .map(|word| (word.text, word.line))
            .collect();
        let expected = [
            ("errand", 1),
            ("queue", 1),
            ("next", 1),
            ("errand", 1),
            ("errand", 2),
            ("max", 2),
            ("errand", 2),
            ("s", 2),
        ];
        assert_eq!(found, expected.map(|(text, line)| (text.to_owned(), line)));
    }
}
