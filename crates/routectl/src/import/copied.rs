//! Removing what a terminal or a mail adds to a text that was copied from it.

/// The text without the sequences that color a terminal, and without the marks of a quotation before
/// each line.
pub(super) fn cleaned(text: &str) -> String {
    let text = without_colors(text);
    let mut written = text.lines().filter(|line| !line.trim().is_empty());
    let is_quoted = text.contains('>') && written.all(|line| line.trim_start().starts_with('>'));
    if !is_quoted {
        return text;
    }
    let unquoted = text.lines().map(|line| {
        let line = line.trim_start().trim_start_matches('>');
        line.strip_prefix(' ').unwrap_or(line)
    });
    unquoted.collect::<Vec<_>>().join("\n")
}

fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut cleaned = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        cleaned.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_and_marks_of_a_quotation_are_removed() {
        for (text, expected) in [
            ("\u{1b}[32;1mifIndex\u{1b}[0m x\n", "ifIndex x\n"),
            ("> a\n>  b\n\n> c", "a\n b\n\nc"),
            (">> a\n>>b", "a\nb"),
            ("a > b\n> c\n", "a > b\n> c\n"),
            ("", ""),
        ] {
            assert_eq!(cleaned(text), expected);
        }
    }
}
