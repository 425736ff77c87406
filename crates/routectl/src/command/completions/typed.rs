//! The line before the word that a shell completes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory};

use super::route_words::RouteWords;
use crate::cli::Cli;
use crate::spec::{Keyword, is_on_link};

/// The variable with the place of the word; without it, the word is the last one.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// What the shell completes in the description of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordPlace {
    Prefix,
    Keyword,
    /// The value of this keyword, if it is one.
    Value(Option<Keyword>),
}

/// The line before the word that is completed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TypedLine {
    /// The device, if the line names one.
    pub(super) device: Option<PathBuf>,
    /// The words behind the command, without options: of most commands, those of a route.
    pub(super) route: Vec<String>,
}

impl TypedLine {
    /// The line that the shell passes.
    pub(super) fn read() -> Self {
        let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
        let mut words: Vec<_> = words
            .map(OsString::into_string)
            .map(Result::unwrap_or_default)
            .collect();
        let index = std::env::var(INDEX).ok();
        let index = index.and_then(|index| index.parse().ok());
        words.truncate(index.unwrap_or_else(|| words.len().saturating_sub(1)));
        Self::parse(&words)
    }

    /// Follows the words through the commands; the first one is the program.
    fn parse(words: &[String]) -> Self {
        let mut program = Cli::command();
        // Gives each command the options of the whole program.
        program.build();
        let mut command = &program;
        let mut line = Self::default();
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            if let Some(option) = word.strip_prefix("--") {
                let (name, value) = option.split_once('=').unzip();
                let option = option_of(command, name.unwrap_or(option));
                let value = match option {
                    Some(option) if value.is_none() && has_separate_value(option) => {
                        rest.next().map(String::as_str)
                    }
                    _ => value,
                };
                if option.is_some_and(|option| option.get_id() == "device") {
                    line.device = value.map(PathBuf::from);
                }
            } else if word.starts_with('-') {
                // No short option has a value.
            } else if let Some(subcommand) = command.find_subcommand(word) {
                command = subcommand;
            } else {
                line.route.push(word.clone());
            }
        }
        line
    }

    /// The place of the word behind the line, in a route with these words.
    pub(super) fn place(&self, words: &RouteWords) -> WordPlace {
        let Some((_, rest)) = self.route.split_first() else {
            return WordPlace::Prefix;
        };
        rest.iter()
            .fold(WordPlace::Keyword, |place, word| match place {
                WordPlace::Keyword if !words.is_flag(word) && !is_on_link(word) => {
                    WordPlace::Value(Keyword::find(word, words.keywords))
                }
                _ => WordPlace::Keyword,
            })
    }
}

fn option_of<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let mut options = command.get_arguments();
    options.find(|option| option.get_long() == Some(name))
}

/// True if the next word is the value of the option.
fn has_separate_value(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use super::super::route_words::{HELD_ROUTE, NEW_ROUTE};
    use super::*;

    fn parse(line: &str) -> TypedLine {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        TypedLine::parse(&words)
    }

    #[test]
    fn the_words_before_decide_the_place() {
        let dev = WordPlace::Value(Some(Keyword::Dev));
        for (line, words, expected) in [
            ("routectl route add", &NEW_ROUTE, WordPlace::Prefix),
            ("routectl -j r replace", &NEW_ROUTE, WordPlace::Prefix),
            (
                "routectl route add 10.0.0.0/8",
                &NEW_ROUTE,
                WordPlace::Keyword,
            ),
            (
                "routectl hold 10.0.0.0/8 guard",
                &HELD_ROUTE,
                WordPlace::Keyword,
            ),
            ("routectl hold 10.0.0.0/8 guard dev", &HELD_ROUTE, dev),
            ("routectl route add 10.0.0.0/8 on-link dev", &NEW_ROUTE, dev),
            (
                "routectl route add --family 6 default dev 7",
                &NEW_ROUTE,
                WordPlace::Keyword,
            ),
            (
                "routectl route add --family=6 default table",
                &NEW_ROUTE,
                WordPlace::Value(None),
            ),
        ] {
            assert_eq!(parse(line).place(words), expected, "{line}");
        }
    }

    #[test]
    fn the_device_is_known_in_both_spellings() {
        for line in [
            "routectl --device /tmp/a route add",
            "routectl route add --device=/tmp/a",
        ] {
            let expected = TypedLine {
                device: Some(PathBuf::from("/tmp/a")),
                route: Vec::new(),
            };
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
