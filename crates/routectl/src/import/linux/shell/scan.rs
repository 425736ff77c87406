//! The commands of a script, with what joins them. Words keep their quotes.

use std::iter::Peekable;
use std::str::Chars;

use crate::import::line::Line;
use crate::import::linux::ip_command::reads_commands;
use crate::import::prompt;

/// What joins a command to the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Joint {
    /// The end of a line, `;` or `&`.
    #[default]
    Next,
    /// `&&`: it runs only if the one before it succeeds.
    And,
    /// `||`: it runs only if the one before it fails.
    Or,
    /// `|`: it reads the output of the one before it.
    Pipe,
}

/// A command without its redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShellCommand {
    pub(super) line: Line,
    pub(super) joint: Joint,
    pub(super) words: Vec<String>,
}

impl ShellCommand {
    pub(super) fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// Keywords after which another command follows in the same line.
const KEYWORDS: &[&str] = &[
    "if", "then", "elif", "else", "while", "until", "do", "{", "time",
];

/// The commands of a text. A keyword is a command of its own; so is a line without commands.
pub(super) fn commands(text: &str) -> Vec<ShellCommand> {
    let mut commands = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((first, number)) = lines.next() {
        let first = prompt::command(first).unwrap_or(first);
        let mut whole = without_comment(first).to_owned();
        while let Some(begun) = whole.trim_end().strip_suffix('\\').map(str::to_owned) {
            let next = lines.next().map_or("", |(next, _)| without_comment(next));
            whole = format!("{begun} {next}");
        }
        let line = Line::new(number, &whole);
        for (joint, words) in Scanner::of(&line.text).commands() {
            add(&mut commands, &line, joint, words);
        }
        if let Some(end) = end_of_document(&line.text) {
            let document = lines.by_ref().take_while(|(text, _)| text.trim() != end);
            // Another program than `ip` reads text.
            let read = commands
                .last()
                .is_some_and(|command| reads_commands(&command.words));
            for (text, number) in document.filter(|_| read) {
                let line = Line::new(number, without_comment(text));
                for (joint, words) in Scanner::of(&line.text).commands() {
                    add(&mut commands, &line, joint, words);
                }
            }
        }
    }
    commands
}

/// The line that ends the document after `<<`.
fn end_of_document(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("<<")?;
    if before.ends_with('<') || after.starts_with('<') || before.contains('#') {
        return None;
    }
    let end = after.trim_start_matches('-').split_whitespace().next()?;
    Some(end.trim_matches(['"', '\'', ';']))
}

/// Adds a command, and the keywords before it as commands of their own.
fn add(commands: &mut Vec<ShellCommand>, line: &Line, joint: Joint, words: Vec<String>) {
    let (mut joint, mut words) = (joint, words);
    loop {
        let has_keyword = words.len() > 1
            && words.first().is_some_and(|word| {
                KEYWORDS.contains(&word.as_str()) || word.ends_with("()") && !word.starts_with('(')
            });
        let rest = if has_keyword {
            words.split_off(1)
        } else {
            Vec::new()
        };
        commands.push(ShellCommand {
            line: line.clone(),
            joint,
            words,
        });
        if rest.is_empty() {
            return;
        }
        (joint, words) = (Joint::Next, rest);
    }
}

fn without_comment(line: &str) -> &str {
    let is_begin = |place: &usize| line[..*place].ends_with(char::is_whitespace) || *place == 0;
    let mut marks = line.match_indices('#').map(|(place, _)| place);
    marks.find(is_begin).map_or(line, |place| &line[..place])
}

/// Splits a line at its separators.
struct Scanner<'a> {
    letters: Peekable<Chars<'a>>,
    found: Vec<(Joint, Vec<String>)>,
    joint: Joint,
    words: Vec<String>,
    word: Option<String>,
    /// True if the next word is the file of a redirection.
    is_redirection: bool,
}

impl<'a> Scanner<'a> {
    fn of(line: &'a str) -> Self {
        Self {
            letters: line.chars().peekable(),
            found: Vec::new(),
            joint: Joint::Next,
            words: Vec::new(),
            word: None,
            is_redirection: false,
        }
    }

    fn commands(mut self) -> Vec<(Joint, Vec<String>)> {
        while let Some(letter) = self.letters.next() {
            match letter {
                '\\' => {
                    self.push(letter);
                    self.push_next();
                }
                '"' | '\'' | '`' => self.quoted(letter),
                '$' if self.letters.peek() == Some(&'(') => {
                    self.push(letter);
                    self.parenthesized();
                }
                '(' if self.word.as_ref().is_some_and(|word| word.ends_with('=')) => {
                    self.parenthesized_after(letter);
                }
                '>' | '<' => self.redirection(),
                '&' if self.letters.peek() == Some(&'>') => {}
                '&' if self.next_is('&') => self.end_of_command(Joint::And),
                '&' | ';' => self.end_of_command(Joint::Next),
                '|' if self.next_is('|') => self.end_of_command(Joint::Or),
                '|' => self.end_of_command(Joint::Pipe),
                letter if letter.is_whitespace() => self.end_of_word(),
                letter => self.push(letter),
            }
        }
        self.end_of_command(Joint::Next);
        if self.found.is_empty() {
            self.found.push((Joint::Next, Vec::new()));
        }
        self.found
    }

    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn push_next(&mut self) {
        if let Some(letter) = self.letters.next() {
            self.push(letter);
        }
    }

    /// Takes the next letter if it is this one.
    fn next_is(&mut self, letter: char) -> bool {
        self.letters.next_if_eq(&letter).is_some()
    }

    /// Takes everything to the closing quote.
    fn quoted(&mut self, quote: char) {
        self.push(quote);
        while let Some(letter) = self.letters.next() {
            self.push(letter);
            if letter == quote {
                return;
            }
            if letter == '\\' && quote == '"' {
                self.push_next();
            }
        }
    }

    /// Takes everything from an opening parenthesis to the closing one.
    fn parenthesized(&mut self) {
        if let Some(open) = self.letters.next() {
            self.parenthesized_after(open);
        }
    }

    fn parenthesized_after(&mut self, open: char) {
        self.push(open);
        let mut depth = 1_u32;
        while depth > 0 {
            let Some(letter) = self.letters.next() else {
                return;
            };
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            self.push(letter);
        }
    }

    /// Drops the number of a stream before the mark, and the file after it.
    fn redirection(&mut self) {
        let is_stream = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        if self.word.as_ref().is_some_and(is_stream) {
            self.word = None;
        }
        self.end_of_word();
        while self
            .letters
            .next_if(|letter| "<>&-".contains(*letter))
            .is_some()
        {}
        self.is_redirection = true;
    }

    fn end_of_word(&mut self) {
        if let Some(word) = self.word.take() {
            if self.is_redirection {
                self.is_redirection = false;
            } else {
                self.words.push(word);
            }
        }
    }

    fn end_of_command(&mut self, next: Joint) {
        self.end_of_word();
        self.is_redirection = false;
        if !self.words.is_empty() {
            let words = std::mem::take(&mut self.words);
            self.found.push((self.joint, words));
        }
        self.joint = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_its_separators() {
        use Joint::{And, Next, Or, Pipe};
        let expected = [
            ("a b", vec![(Next, vec!["a", "b"])]),
            (
                "a 2>/dev/null > x || c && d; e &",
                vec![
                    (Next, vec!["a"]),
                    (Or, vec!["c"]),
                    (And, vec!["d"]),
                    (Next, vec!["e"]),
                ],
            ),
            (
                "a 'b; c' \"$d & e\" >>f 2>&1 | g",
                vec![(Next, vec!["a", "'b; c'", "\"$d & e\""]), (Pipe, vec!["g"])],
            ),
            (
                "x=$(a | b; c) y=(d e)",
                vec![(Next, vec!["x=$(a | b; c)", "y=(d e)"])],
            ),
            (
                "if a; then b; fi",
                vec![
                    (Next, vec!["if"]),
                    (Next, vec!["a"]),
                    (Next, vec!["then"]),
                    (Next, vec!["b"]),
                    (Next, vec!["fi"]),
                ],
            ),
            ("a &>/dev/null", vec![(Next, vec!["a"])]),
            ("# a comment", vec![(Next, vec![])]),
        ];
        for (text, expected) in expected {
            let found = commands(text);
            let found: Vec<_> = found
                .iter()
                .map(|command| {
                    let words: Vec<_> = command.words.iter().map(String::as_str).collect();
                    (command.joint, words)
                })
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
