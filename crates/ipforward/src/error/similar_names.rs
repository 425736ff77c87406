//! Names like a misspelled one.

/// The smallest similarity of two names, from 0 to 1, at which one is suggested for the other.
const SIMILARITY_MIN: f64 = 0.6;

/// The candidates that are like `name`, the most similar first. Case makes no difference.
#[must_use]
pub fn similar_names<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let mut ranked: Vec<_> = candidates
        .into_iter()
        .map(|candidate| (similarity(&name, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The similarity of two names, from 0 to 1. A name is like one that begins with it.
fn similarity(name: &str, candidate: &str) -> f64 {
    const BEGINS_WITH: f64 = 0.9;
    const LENGTH_MIN: usize = 3;
    let of_edits = strsim::normalized_damerau_levenshtein(name, candidate);
    if name.len() >= LENGTH_MIN && candidate.starts_with(name) {
        return of_edits.max(BEGINS_WITH);
    }
    of_edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_comes_first() {
        let aliases = ["Wi-Fi", "Ethernet 2", "Ethernet", "vEthernet (WSL)"];
        assert_eq!(similar_names("ehternet", aliases)[0], "Ethernet");
        assert_eq!(similar_names("wifi", aliases)[0], "Wi-Fi");
        assert_eq!(similar_names("eth", aliases), ["Ethernet 2", "Ethernet"]);
        assert!(similar_names("tun0", aliases).is_empty());
    }
}
