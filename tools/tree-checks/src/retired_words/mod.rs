//! The words that the project gave up for the field's terms occur nowhere.

mod list;
mod text;

use std::collections::BTreeMap;
use std::path::{Component, Path};

use proc_macro2::{TokenStream, TokenTree};

use self::text::TextWord;
pub use list::WORDS;

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// Words that are retired in one use, and what replaced them.
#[derive(Clone, Copy, Debug)]
pub struct Retired(pub Use, pub &'static [&'static str], pub &'static str);

/// Where a word is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// In any text, also as a part of a name: `errand` is in `ErrandQueue` and in `next_errand`.
    Text,
    /// As an identifier of Rust code. A `*` at the end stands for any letters.
    Identifier,
    /// As the name of a file or folder below this folder.
    Module(&'static str),
}

/// Files that tell the history of the words.
const HISTORY: [&str; 2] = ["CHANGELOG.md", "tools/tree-checks/src/retired_words"];

/// The page whose lines about the past may use them.
const GLOSSARY: &str = "docs/glossary.md";
const OF_THE_PAST: &str = "formerly";

/// Finds every retired word.
#[must_use]
pub fn check(tree: &Tree, retired: &[Retired]) -> Vec<Finding> {
    let lists = Lists::new(retired);
    tree.files
        .iter()
        .filter(|file| !HISTORY.iter().any(|path| file.path.starts_with(path)))
        .flat_map(|file| lists.check(file))
        .collect()
}

/// The retired words, by use.
struct Lists {
    /// By first word: the whole phrase, and what replaced it.
    text: BTreeMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>,
    identifiers: BTreeMap<&'static str, &'static str>,
    prefixes: Vec<(&'static str, &'static str)>,
    modules: Vec<(&'static str, &'static str, &'static str)>,
}

impl Lists {
    fn new(retired: &[Retired]) -> Self {
        let mut lists = Self {
            text: BTreeMap::new(),
            identifiers: BTreeMap::new(),
            prefixes: Vec::new(),
            modules: Vec::new(),
        };
        for Retired(usage, words, instead) in retired {
            for word in *words {
                match usage {
                    Use::Text => {
                        let phrase: Vec<_> = word.split(' ').collect();
                        lists
                            .text
                            .entry(phrase[0])
                            .or_default()
                            .push((phrase, instead));
                    }
                    Use::Identifier => match word.strip_suffix('*') {
                        Some(prefix) => lists.prefixes.push((prefix, instead)),
                        None => drop(lists.identifiers.insert(word, instead)),
                    },
                    Use::Module(folder) => lists.modules.push((folder, word, instead)),
                }
            }
        }
        lists
    }

    fn check(&self, file: &SourceFile) -> Vec<Finding> {
        let mut findings = self.modules(&file.path);
        let words = text::words(&file.text);
        for (index, word) in words.iter().enumerate() {
            let phrases = self.text.get(word.text.as_str()).into_iter().flatten();
            for (phrase, instead) in phrases {
                if begins_with(&words[index..], phrase) && !is_history(file, word.line) {
                    findings.push(finding(&file.path, word.line, &phrase.join(" "), instead));
                }
            }
        }
        if file.is_rust()
            && let Ok(tokens) = file.text.parse()
        {
            self.identifiers(&file.path, tokens, &mut findings);
        }
        findings
    }

    fn modules(&self, path: &Path) -> Vec<Finding> {
        let names: Vec<_> = path
            .components()
            .filter_map(|component| match component {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .map(|name| name.strip_suffix(".rs").unwrap_or(name))
            .collect();
        self.modules
            .iter()
            .filter(|(folder, word, _)| path.starts_with(folder) && names.contains(word))
            .map(|(_, word, instead)| finding(path, 1, word, instead))
            .collect()
    }

    fn identifiers(&self, path: &Path, tokens: TokenStream, findings: &mut Vec<Finding>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    let prefix = self
                        .prefixes
                        .iter()
                        .find(|(word, _)| name.starts_with(word));
                    let instead = self
                        .identifiers
                        .get(name.as_str())
                        .or(prefix.map(|(_, instead)| instead));
                    if let Some(instead) = instead {
                        let line = ident.span().start().line;
                        findings.push(finding(path, line, &name, instead));
                    }
                }
                TokenTree::Group(group) => self.identifiers(path, group.stream(), findings),
                _ => {}
            }
        }
    }
}

fn finding(path: &Path, line: usize, word: &str, instead: &str) -> Finding {
    Finding::new(path, line, format!("retired word `{word}`: {instead}"))
}

fn begins_with(words: &[TextWord], phrase: &[&str]) -> bool {
    words.len() >= phrase.len()
        && words
            .iter()
            .zip(phrase)
            .all(|(word, part)| word.text == *part)
}

fn is_history(file: &SourceFile, line: usize) -> bool {
    file.path == Path::new(GLOSSARY)
        && file
            .text
            .lines()
            .nth(line - 1)
            .is_some_and(|line| line.contains(OF_THE_PAST))
}

#[cfg(test)]
mod tests;
