//! The words after the prefix: pairs of a keyword and a value.

use std::net::{IpAddr, Ipv4Addr};

use super::error::SpecError;
use super::keyword::Keyword;
use super::near;
use super::prefix::parse_prefix;

/// The words that stand alone for `via on-link`.
const ON_LINK: [&str; 2] = ["on-link", "onlink"];

/// The pairs of a keyword and its value; the last value can be missing. `on-link` alone is
/// `via on-link`.
pub(super) fn pairs(words: &[String]) -> Vec<Vec<String>> {
    let mut pairs = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        pairs.push(if is_on_link(word) {
            vec![Keyword::Via.name().to_owned(), ON_LINK[0].to_owned()]
        } else {
            std::iter::once(word).chain(rest.next()).cloned().collect()
        });
    }
    pairs
}

/// True for a word that stands alone for `via on-link`.
pub(crate) fn is_on_link(word: &str) -> bool {
    ON_LINK.iter().any(|name| name.eq_ignore_ascii_case(word))
}

/// The error for a description without a prefix.
pub(super) fn missing_prefix(text: &str) -> SpecError {
    SpecError::Prefix {
        text: text.to_owned(),
        meant: None,
    }
}

/// The error for a pair behind `prefix` whose keyword is none of `allowed`.
pub(super) fn unknown(prefix: &str, pair: &[String], allowed: &'static [Keyword]) -> SpecError {
    let word = pair.first().map_or("", String::as_str);
    let value = pair.get(1).map(String::as_str);
    SpecError::Unknown {
        word: word.to_owned(),
        allowed,
        meant: meant(prefix, word, value, allowed),
    }
}

/// What the user may have meant by a word that is no keyword.
fn meant(prefix: &str, word: &str, value: Option<&str>, allowed: &[Keyword]) -> Option<String> {
    let whole = |length: &str| {
        let prefix = parse_prefix(&format!("{prefix}/{length}")).ok()?;
        Some(prefix.to_string())
    };
    if let Some(length) = word.strip_prefix('/') {
        return whole(length.split_whitespace().next().or(value)?);
    }
    if matches!(word.to_ascii_lowercase().as_str(), "mask" | "netmask") {
        return whole(value?);
    }
    if word.parse::<Ipv4Addr>().is_ok_and(is_mask) && !prefix.contains('/') {
        return whole(word);
    }
    if word.parse::<IpAddr>().is_ok() && allowed.contains(&Keyword::Via) {
        return Some(format!("via {word}"));
    }
    near::nearest(word, allowed.iter().map(|keyword| keyword.name())).map(str::to_owned)
}

fn is_mask(address: Ipv4Addr) -> bool {
    address.octets()[0] == u8::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ROUTE;

    fn meant_by(line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        meant(
            &words[0],
            &words[1],
            words.get(2).map(String::as_str),
            ROUTE,
        )
    }

    #[test]
    fn a_word_that_is_no_keyword_has_a_suggestion() {
        for (line, expected) in [
            ("10.20.0.0/16 dve 7", "dev"),
            ("10.20.0.0/16 metrik 5", "metric"),
            ("10.20.0.0 /16 dev", "10.20.0.0/16"),
            ("10.20.0.0 mask 255.255.0.0", "10.20.0.0/16"),
            ("10.20.0.0 255.255.0.0 192.0.2.254", "10.20.0.0/16"),
            ("10.20.0.0/16 192.0.2.254 dev", "via 192.0.2.254"),
        ] {
            assert_eq!(meant_by(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(meant_by("10.20.0.0/16 table 5"), None);
    }

    #[test]
    fn on_link_alone_is_a_pair() {
        let words = ["on-link", "dev", "7", "metric"].map(str::to_owned);
        let expected = [&["via", "on-link"][..], &["dev", "7"], &["metric"]];
        assert_eq!(pairs(&words), expected);
    }
}
