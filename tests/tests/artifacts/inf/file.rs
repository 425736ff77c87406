//! An INF file as its readers see it: sections of entries, comments gone, strings put in.

use std::collections::BTreeSet;

use ini_core::{Item, Parser};

/// A file, with its sections in order.
pub(crate) struct Inf {
    pub(crate) sections: Vec<Section>,
    /// Lines that belong to no section, or are no lines of an INF file.
    pub(crate) strays: Vec<String>,
    /// Tokens that stand for strings, where they are used.
    pub(crate) tokens: BTreeSet<String>,
}

/// Everything under one heading.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) entries: Vec<Entry>,
}

/// `key = value, value`, or the values alone.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// An entry without an equals sign has its fields here, the key being empty.
    pub(crate) values: Vec<String>,
}

impl Inf {
    pub(crate) fn parse(text: &str) -> Self {
        let text: String = text
            .lines()
            .map(|line| without_comment(line).to_owned() + "\n")
            .collect();
        let mut inf = Self {
            sections: Vec::new(),
            strays: Vec::new(),
            tokens: BTreeSet::new(),
        };
        for item in Parser::new(&text).auto_trim(true) {
            match item {
                Item::Section(name) => inf.sections.push(Section {
                    name: name.to_owned(),
                    entries: Vec::new(),
                }),
                Item::Property(key, value) => match inf.sections.last_mut() {
                    Some(section) => section.entries.push(Entry::parse(key, value)),
                    None => inf.strays.push(key.to_owned()),
                },
                Item::Error(line) => inf.strays.push(line.to_owned()),
                Item::Comment(_) | Item::Blank | Item::SectionEnd => {}
            }
        }
        inf.put_strings_in();
        inf
    }

    /// The section of a name, in which case makes no difference.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections
            .iter()
            .find(|section| section.name.eq_ignore_ascii_case(name))
    }

    /// The entries of a section; none if there is no such section.
    pub(crate) fn entries(&self, section: &str) -> &[Entry] {
        self.section(section)
            .map_or(&[], |section| &section.entries)
    }

    /// The first value of a key in a section.
    pub(crate) fn value(&self, section: &str, key: &str) -> Option<&str> {
        self.section(section)?.value(key)
    }

    /// Replaces each `%token%` by its string, and notes it. A number is a folder's, not a string's;
    /// a token without a string stays.
    fn put_strings_in(&mut self) {
        let strings: Vec<(String, String)> = self
            .entries("Strings")
            .iter()
            .map(|entry| (entry.key.clone(), entry.values.join(",")))
            .collect();
        let mut tokens = BTreeSet::new();
        let of_entries = self
            .sections
            .iter_mut()
            .filter(|section| !section.name.eq_ignore_ascii_case("Strings"));
        for entry in of_entries.flat_map(|section| &mut section.entries) {
            for text in entry.values.iter_mut().chain([&mut entry.key]) {
                for token in text.clone().split('%').skip(1).step_by(2) {
                    if token.is_empty() || token.bytes().all(|byte| byte.is_ascii_digit()) {
                        continue;
                    }
                    tokens.insert(token.to_owned());
                    let string = strings
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case(token));
                    if let Some((_, string)) = string {
                        *text = text.replace(&format!("%{token}%"), string);
                    }
                }
            }
        }
        self.tokens = tokens;
    }
}

impl Section {
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        Some(self.entry(key)?.value(0))
    }
}

impl Entry {
    fn parse(key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => Self {
                key: unquoted(key),
                values: fields(value),
            },
            None => Self {
                key: String::new(),
                values: fields(key),
            },
        }
    }

    /// A value by its place; empty if there are fewer.
    pub(crate) fn value(&self, index: usize) -> &str {
        self.values.get(index).map_or("", String::as_str)
    }
}

/// The line up to a semicolon outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

/// What commas outside of quotes separate.
fn fields(text: &str) -> Vec<String> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    })
    .map(|field| unquoted(field.trim()))
    .collect()
}

fn unquoted(text: &str) -> String {
    let inside = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inside.unwrap_or(text).replace("\"\"", "\"")
}
