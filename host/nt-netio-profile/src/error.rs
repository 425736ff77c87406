//! Why a behaviour or a profile is refused.

use thiserror::Error;

/// Why a profile or a behaviour is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BehaviourError {
    /// There is no such profile.
    #[error("unknown profile `{0}`: give documented, alternative, or a file that ends in .toml")]
    UnknownProfile(String),
    /// The text has no `=`.
    #[error("invalid behaviour `{0}`: expected NAME=VALUE, as in duplicate-status=objectid-exists")]
    Syntax(String),
    /// There is no such behaviour.
    #[error("unknown behaviour `{name}`: give one of {known}")]
    UnknownName {
        /// What was given.
        name: String,
        /// Every name.
        known: String,
    },
    /// The behaviour has no such value.
    #[error("unknown value `{value}` of {name}: give one of {known}")]
    UnknownValue {
        /// The behaviour.
        name: &'static str,
        /// What was given.
        value: String,
        /// Every value of it.
        known: String,
    },
}
