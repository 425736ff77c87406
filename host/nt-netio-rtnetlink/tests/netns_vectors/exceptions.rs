//! The vectors that Linux cannot express.

use nt_netio::vectors::{BehaviourRun, Vector};
use serde::Deserialize;

/// The list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    exception: Vec<Exception>,
}

/// Vectors that one and the same reason keeps from passing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    vectors: Vec<String>,
    /// The behaviours under which they do not pass; all, if left out.
    under: Option<Vec<String>>,
    reason: String,
}

impl Exceptions {
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("exceptions.toml")).expect("a list of exceptions")
    }

    /// Why a vector cannot pass under these behaviours, if it cannot.
    pub(crate) fn of(&self, run_under: &BehaviourRun) -> Option<String> {
        let concerns = |exception: &&Exception| {
            let under = exception.under.as_ref();
            exception.vectors.contains(&run_under.vector.number)
                && under.is_none_or(|behaviours| behaviours.contains(&run_under.behaviours))
        };
        let found = self.exception.iter().find(concerns)?;
        Some(found.reason.clone())
    }

    /// Whether every exception is about a vector that there is.
    pub(crate) fn check(&self, vectors: &[Vector]) -> Result<(), String> {
        let named = self
            .exception
            .iter()
            .flat_map(|exception| &exception.vectors);
        for number in named {
            if !vectors.iter().any(|vector| vector.number == *number) {
                return Err(format!("no vector has the number {number}"));
            }
        }
        Ok(())
    }
}

/// Holds an exception to its word.
pub(crate) fn must_fail(outcome: &Result<(), String>, reason: &str) -> Result<(), String> {
    match outcome {
        Err(_) => Ok(()),
        Ok(()) => Err(format!(
            "the vector passes: take it off the exceptions, where it stands since {reason}"
        )),
    }
}
