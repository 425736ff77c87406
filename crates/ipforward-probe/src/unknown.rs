//! Why the value of a behaviour is not known.

use std::fmt;

use crate::call_error::CallError;

/// Why an experiment has not found the value of its behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The computer did something that no value of the behaviour describes.
    Unexpected(String),
    /// This way of asking, on this computer, cannot see it.
    NotObservable(String),
    /// This system does not have the function that would show it.
    NotImplemented(String),
}

impl Unknown {
    /// The call had an outcome that no value describes.
    pub(crate) fn outcome(call: &str, outcome: impl fmt::Display) -> Self {
        Self::Unexpected(format!("{call}: {outcome}"))
    }

    pub(crate) fn not_observable(why: &str) -> Self {
        Self::NotObservable(why.to_owned())
    }
}

/// A call without which the experiment cannot go on has failed.
impl From<CallError> for Unknown {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(error) => Self::Unexpected(format!("a call was refused: {error}")),
            CallError::NotImplemented(function) => Self::NotImplemented(function),
            CallError::Failed(message) => Self::NotObservable(message),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected(what) => write!(formatter, "unexpected: {what}"),
            Self::NotObservable(why) => write!(formatter, "not observable this way: {why}"),
            Self::NotImplemented(function) => write!(formatter, "not implemented: {function}"),
        }
    }
}
