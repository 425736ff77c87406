//! Values of keywords.

use std::str::FromStr;

use super::error::SpecError;
use super::keyword::Keyword;

/// Parses the value of a keyword into `slot`; an error if the keyword was given before.
pub(super) fn parse_into<T: FromStr>(
    slot: &mut Option<T>,
    keyword: Keyword,
    value: &str,
) -> Result<(), SpecError> {
    parse_near(slot, keyword, value, [])
}

/// As [`parse_into`]; for an invalid value the error suggests the nearest of these words.
pub(super) fn parse_near<'a, T: FromStr>(
    slot: &mut Option<T>,
    keyword: Keyword,
    value: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Result<(), SpecError> {
    let parsed = value
        .parse()
        .map_err(|_| SpecError::value(keyword, value, words))?;
    set(slot, keyword, parsed)
}

/// Stores a parsed value in `slot`; an error if the keyword was given before.
pub(super) fn set<T>(slot: &mut Option<T>, keyword: Keyword, value: T) -> Result<(), SpecError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(SpecError::Twice(keyword)),
    }
}
