//! A name that no interface has.

use std::fmt;

use super::near;

/// The largest number of similar names that an error lists.
const SIMILAR_MAX: usize = 3;

/// No interface has this name. Lists the names like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoInterface {
    pub(crate) name: String,
    /// The aliases of interfaces that are like the name.
    pub(crate) similar: Vec<String>,
}

impl NoInterface {
    /// The error for a name, with those of the aliases that are like it.
    pub(super) fn new(name: &str, aliases: &[String]) -> Self {
        let similar = near::ranked(name, aliases.iter().map(String::as_str));
        Self {
            name: name.to_owned(),
            similar: similar
                .into_iter()
                .take(SIMILAR_MAX)
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl fmt::Display for NoInterface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no such interface `{}`", self.name)?;
        let similar: Vec<_> = self
            .similar
            .iter()
            .map(|alias| format!("`{alias}`"))
            .collect();
        match similar.as_slice() {
            [] => Ok(()),
            similar => write!(formatter, ": did you mean {}?", similar.join(" or ")),
        }
    }
}

impl std::error::Error for NoInterface {}
