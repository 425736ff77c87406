//! A name that no interface has.

use std::fmt;

/// How many similar aliases an error lists.
const SIMILAR_MAX: usize = 3;

/// The smallest similarity of two names, from 0 to 1, at which one is listed for the other.
const SIMILARITY_MIN: f64 = 0.6;

/// No interface has this name. Lists the aliases like it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownInterface {
    /// The name: an alias, or a GUID in braces.
    pub name: String,
    /// The aliases that are like the name, the most similar first.
    pub similar: Vec<String>,
}

impl UnknownInterface {
    /// The error for a name, with those of the aliases that are like it.
    pub(crate) fn new(name: &str, aliases: Vec<String>) -> Self {
        let mut ranked: Vec<_> = aliases
            .into_iter()
            .map(|alias| (similarity(name, &alias), alias))
            .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
            .collect();
        ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let similar = ranked.into_iter().map(|(_, alias)| alias);
        Self {
            name: name.to_owned(),
            similar: similar.take(SIMILAR_MAX).collect(),
        }
    }
}

/// The similarity of two names, from 0 to 1; case makes no difference. A name of which the other is
/// the beginning is like it.
fn similarity(name: &str, alias: &str) -> f64 {
    const BEGINS_WITH: f64 = 0.9;
    const LENGTH_MIN: usize = 3;
    let (name, alias) = (name.to_lowercase(), alias.to_lowercase());
    let of_edits = strsim::normalized_damerau_levenshtein(&name, &alias);
    if name.len() >= LENGTH_MIN && alias.starts_with(&name) {
        return of_edits.max(BEGINS_WITH);
    }
    of_edits
}

impl fmt::Display for UnknownInterface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no such interface `{}`", self.name)?;
        let similar: Vec<_> = self
            .similar
            .iter()
            .map(|alias| format!("`{alias}`"))
            .collect();
        match similar.as_slice() {
            [] => formatter.write_str(": expected the alias of an interface of this system"),
            similar => write!(formatter, ": did you mean {}?", similar.join(" or ")),
        }
    }
}

impl std::error::Error for UnknownInterface {}
