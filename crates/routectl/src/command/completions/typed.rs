//! The words before the one that a shell completes.

use std::ffi::OsString;

/// The variable with the place of the word; without it, the word is the last one.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// The commands whose arguments are a route.
const COMMANDS: [&str; 9] = [
    "add", "set", "replace", "delete", "del", "rm", "get", "explain", "hold",
];

/// The options that are followed by a value.
const WITH_VALUE: [&str; 2] = ["--device", "--family"];

/// What the shell completes in the description of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WordPlace {
    /// The prefix, of a route that exists if the command needs one.
    Prefix { exists: bool },
    /// A keyword.
    Keyword,
    /// The value of this keyword.
    Value(String),
}

/// The words of the line that is completed, before the word itself.
pub(super) fn words() -> Vec<String> {
    let arguments = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut words: Vec<_> = arguments
        .map(OsString::into_string)
        .map(Result::unwrap_or_default)
        .collect();
    let index = std::env::var(INDEX)
        .ok()
        .and_then(|index| index.parse().ok());
    words.truncate(index.unwrap_or_else(|| words.len().saturating_sub(1)));
    words
}

/// The device of the line, if it names one.
pub(super) fn device(words: &[String]) -> Option<&str> {
    let place = words.iter().position(|word| word == "--device")?;
    words.get(place + 1).map(String::as_str)
}

/// The place of the word behind these words.
pub(super) fn place(words: &[String]) -> WordPlace {
    let is_command = |word: &String| COMMANDS.contains(&word.as_str());
    let Some(command) = words.iter().position(is_command) else {
        return WordPlace::Keyword;
    };
    let exists = !matches!(
        words[command].as_str(),
        "add" | "replace" | "explain" | "hold"
    );
    let mut place = WordPlace::Prefix { exists };
    let mut rest = words[command + 1..].iter();
    while let Some(word) = rest.next() {
        if WITH_VALUE.contains(&word.as_str()) {
            rest.next();
        } else if !word.starts_with('-') {
            place = behind(&place, word);
        }
    }
    place
}

/// The place behind a word at a place.
fn behind(place: &WordPlace, word: &str) -> WordPlace {
    let stands_alone = ["share", "guard", "on-link", "onlink"].contains(&word);
    match place {
        WordPlace::Keyword if !stands_alone => WordPlace::Value(word.to_owned()),
        _ => WordPlace::Keyword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(line: &str) -> WordPlace {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        place(&words)
    }

    #[test]
    fn the_words_before_decide_the_place() {
        let value = |keyword: &str| WordPlace::Value(keyword.to_owned());
        for (line, expected) in [
            ("routectl route add", WordPlace::Prefix { exists: false }),
            (
                "routectl -j route delete",
                WordPlace::Prefix { exists: true },
            ),
            ("routectl route get 10.0.0.0/8", WordPlace::Keyword),
            ("routectl hold 10.0.0.0/8 guard", WordPlace::Keyword),
            ("routectl hold 10.0.0.0/8 guard dev", value("dev")),
            ("routectl route add 10.0.0.0/8 on-link dev", value("dev")),
            (
                "routectl route add --family 6 default dev 7",
                WordPlace::Keyword,
            ),
            ("routectl route show", WordPlace::Keyword),
        ] {
            assert_eq!(place_of(line), expected, "{line}");
        }
    }
}
