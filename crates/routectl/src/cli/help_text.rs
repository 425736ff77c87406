//! The texts behind the options in `--help`, for a terminal of any width and for the manual pages.
//!
//! A text is written as it looks on a wide terminal: paragraphs with an empty line between them, lists
//! of words and meanings in two columns, and indented examples.

use textwrap::{Options, WordSplitter};

/// The blanks between a word and its meaning.
const GAP: &str = "  ";

/// A paragraph of a help text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HelpParagraph {
    /// The title of the examples, or of another part.
    Heading(String),
    /// Sentences.
    Prose(String),
    /// Words, each with its meaning.
    List(HelpList),
    /// Lines that stay as they are: examples, a file.
    Verbatim(Vec<String>),
}

/// Words, each with its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HelpList {
    pub(crate) items: Vec<(String, String)>,
    /// The columns before the words.
    indent: usize,
    /// The columns before the meanings.
    meaning_column: usize,
}

impl HelpParagraph {
    /// The paragraphs of a text.
    pub(crate) fn all_of(text: &str) -> Vec<Self> {
        let lines: Vec<_> = text.lines().collect();
        let blocks = lines.split(|line| line.is_empty());
        blocks.flat_map(Self::of_block).collect()
    }

    /// The paragraphs of lines without an empty one: a heading belongs to the lines behind it.
    fn of_block(lines: &[&str]) -> Vec<Self> {
        match lines {
            [] => Vec::new(),
            [title, rest @ ..] if title.ends_with(':') && rest.first().is_some_and(is_indented) => {
                vec![
                    Self::Heading(title.trim_end_matches(':').to_owned()),
                    Self::of_lines(rest),
                ]
            }
            _ => vec![Self::of_lines(lines)],
        }
    }

    fn of_lines(lines: &[&str]) -> Self {
        if let Some(list) = HelpList::of_lines(lines) {
            Self::List(list)
        } else if lines.first().is_some_and(is_indented) {
            Self::Verbatim(lines.iter().map(|line| (*line).to_owned()).collect())
        } else {
            Self::Prose(lines.join(" "))
        }
    }

    fn wrapped(&self, width: usize) -> String {
        match self {
            Self::Heading(title) => format!("{title}:"),
            Self::Prose(text) => textwrap::fill(text, filled(width)),
            Self::List(list) => list.wrapped(width),
            Self::Verbatim(lines) => lines.join("\n"),
        }
    }
}

impl HelpList {
    /// The list, if each line has a word and a meaning or continues a meaning.
    fn of_lines(lines: &[&str]) -> Option<Self> {
        let indent = indent_of(lines.first()?);
        let mut items: Vec<(String, String)> = Vec::new();
        let mut meaning_column = None;
        for line in lines {
            let text = line.trim_start();
            if indent_of(line) > indent {
                let (_, meaning) = items.last_mut()?;
                if !meaning.is_empty() {
                    meaning.push(' ');
                }
                meaning.push_str(text);
                continue;
            }
            let (word, meaning) = text.split_once(GAP).unwrap_or((text, ""));
            let meaning = meaning.trim_start();
            if !meaning.is_empty() {
                meaning_column.get_or_insert(line.len() - meaning.len());
            }
            items.push((word.to_owned(), meaning.to_owned()));
        }
        let is_list = items.iter().all(|(_, meaning)| !meaning.is_empty());
        let meaning_column = meaning_column.filter(|_| is_list)?;
        Some(Self {
            items,
            indent,
            meaning_column,
        })
    }

    fn wrapped(&self, width: usize) -> String {
        let margin = " ".repeat(self.meaning_column);
        let indent = " ".repeat(self.indent);
        let item = |(word, meaning): &(String, String)| {
            let start = format!("{indent}{word}{GAP}");
            let options = filled(width).subsequent_indent(&margin);
            if start.len() > self.meaning_column {
                let meaning = textwrap::fill(meaning, options.initial_indent(&margin));
                return format!("{indent}{word}\n{meaning}");
            }
            let start = format!("{start:<column$}", column = self.meaning_column);
            textwrap::fill(meaning, options.initial_indent(&start))
        };
        let items: Vec<_> = self.items.iter().map(item).collect();
        items.join("\n")
    }
}

/// The text for a terminal of this width.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    let mut follows_heading = true;
    for paragraph in HelpParagraph::all_of(text) {
        if !follows_heading {
            wrapped.push('\n');
        }
        wrapped.push_str(&paragraph.wrapped(width));
        wrapped.push('\n');
        follows_heading = matches!(paragraph, HelpParagraph::Heading(_));
    }
    wrapped.truncate(wrapped.trim_end().len());
    wrapped
}

/// Lines of this width, without a break inside of words such as `--dry-run`.
fn filled(width: usize) -> Options<'static> {
    Options::new(width).word_splitter(WordSplitter::NoHyphenation)
}

fn is_indented(line: &&str) -> bool {
    line.starts_with(' ')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
via        the address of the next hop
dev        the interface: its index (7), its alias (Ethernet) or its LUID (luid:0x0006008001000000)
loopback, autoconfigure
           yes or no

Creates nothing. Warns of a next hop that is not on the link.

Exit codes:
  0  done
  1  refused

Examples:
  routectl explain 10.20.0.1/16 via 192.0.2.254 dev 7";

    #[test]
    fn a_text_stays_as_it_is_on_a_wide_terminal() {
        assert_eq!(wrapped(TEXT, 100), TEXT);
    }

    #[test]
    fn sentences_and_meanings_are_filled_on_a_narrow_terminal() {
        assert_eq!(
            wrapped(TEXT, 40),
            "\
via        the address of the next hop
dev        the interface: its index (7),
           its alias (Ethernet) or its
           LUID
           (luid:0x0006008001000000)
loopback, autoconfigure
           yes or no

Creates nothing. Warns of a next hop
that is not on the link.

Exit codes:
  0  done
  1  refused

Examples:
  routectl explain 10.20.0.1/16 via 192.0.2.254 dev 7"
        );
    }

    #[test]
    fn a_file_is_no_list() {
        let file = "  [[route]]\n  dev = 7    # the interface\n  metric = 5";
        let lines = file.lines().map(str::to_owned).collect();
        assert_eq!(
            HelpParagraph::all_of(file),
            [HelpParagraph::Verbatim(lines)]
        );
    }
}
