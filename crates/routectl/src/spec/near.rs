//! Words near a misspelled one.

use ipforward::similar_names;

/// The candidate that is most like `word`, if one is like it.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    similar_names(word, candidates).into_iter().next()
}
