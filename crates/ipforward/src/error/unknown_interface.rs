//! A name that no interface has.

use std::fmt;

use super::similar_names::similar_names;

/// How many similar aliases an error lists.
const SIMILAR_MAX: usize = 3;

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
    #[must_use]
    pub fn new(name: &str, aliases: &[String]) -> Self {
        let similar = similar_names(name, aliases.iter().map(String::as_str));
        Self {
            name: name.to_owned(),
            similar: similar
                .into_iter()
                .take(SIMILAR_MAX)
                .map(str::to_owned)
                .collect(),
        }
    }

    /// "did you mean …?", if aliases are like the name.
    #[must_use]
    pub fn did_you_mean(&self) -> Option<String> {
        let quoted: Vec<_> = self
            .similar
            .iter()
            .map(|alias| format!("`{alias}`"))
            .collect();
        (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
    }
}

impl fmt::Display for UnknownInterface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no such interface `{}`: ", self.name)?;
        match self.did_you_mean() {
            None => formatter.write_str("expected the alias of an interface of this system"),
            Some(question) => formatter.write_str(&question),
        }
    }
}

impl std::error::Error for UnknownInterface {}
