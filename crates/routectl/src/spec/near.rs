//! Words near a misspelled one.

/// The smallest similarity of two words, from 0 to 1, at which one is suggested for the other.
const SIMILARITY_MIN: f64 = 0.6;

/// The candidate that is most like `word`, if one is like it.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    ranked(word, candidates).into_iter().next()
}

/// The candidates that are like `word`, the most similar first. Case makes no difference.
pub(crate) fn ranked<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut ranked: Vec<_> = candidates
        .into_iter()
        .map(|candidate| (similarity(&word, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The similarity of two words, from 0 to 1. A word is like one that begins with it.
fn similarity(word: &str, candidate: &str) -> f64 {
    const BEGINS_WITH: f64 = 0.9;
    const LENGTH_MIN: usize = 3;
    let of_edits = strsim::normalized_damerau_levenshtein(word, candidate);
    if word.len() >= LENGTH_MIN && candidate.starts_with(word) {
        return of_edits.max(BEGINS_WITH);
    }
    of_edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_word_comes_first() {
        let aliases = ["Wi-Fi", "Ethernet 2", "Ethernet", "vEthernet (WSL)"];
        assert_eq!(ranked("ehternet", aliases)[0], "Ethernet");
        assert_eq!(nearest("wifi", aliases), Some("Wi-Fi"));
        assert_eq!(ranked("eth", aliases), ["Ethernet 2", "Ethernet"]);
        assert_eq!(nearest("tun0", aliases), None);
    }
}
