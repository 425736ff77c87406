//! A vector under one set of behaviours.

use std::collections::BTreeSet;

use super::run;
use super::test_stack::TestStack;
use super::vector::{Expectation, Vector};
use crate::Behaviours;

/// A vector with a set of behaviours, and what it expects of them.
pub struct BehaviourRun {
    /// The vector.
    pub vector: Vector,
    /// A profile, or a behaviour and its choice.
    pub behaviours: String,
    expectation: Expectation,
}

impl BehaviourRun {
    /// A vector under both profiles, and under what else it names.
    #[must_use]
    pub fn all_of(vector: &Vector) -> Vec<Self> {
        let extra = vector.under.keys().map(String::as_str);
        let selections: BTreeSet<&str> = ["documented", "alternative"]
            .into_iter()
            .chain(extra)
            .collect();
        selections
            .into_iter()
            .map(|behaviours| Self {
                vector: vector.clone(),
                behaviours: behaviours.to_owned(),
                expectation: vector
                    .under
                    .get(behaviours)
                    .unwrap_or(&vector.expect)
                    .clone(),
            })
            .collect()
    }

    /// The name of its test.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.vector.number, &self.behaviours)
    }

    /// Runs the vector on a stack that `start` makes with these behaviours.
    ///
    /// # Errors
    ///
    /// Says what is not as the vector expects.
    ///
    /// # Panics
    ///
    /// If the vector is malformed.
    pub fn run(&self, start: impl FnOnce(Behaviours) -> Box<dyn TestStack>) -> Result<(), String> {
        let behaviours: Behaviours = self
            .behaviours
            .parse()
            .expect("`under` names a profile or a behaviour");
        run::run(&self.vector, &self.expectation, start(behaviours))
            .map_err(|why| format!("{}: {why}", self.vector.title))
    }
}

/// The name of a test: `vector_027_documented`; a part's letter stays behind its number.
///
/// # Panics
///
/// If the number does not begin with a digit.
#[must_use]
pub fn name(number: &str, behaviours: &str) -> String {
    let (digits, part) = split(number);
    format!(
        "vector_{digits:03}{part}_{}",
        behaviours.replace(['=', '-'], "_")
    )
}

/// The number of a vector, and the letter behind it.
///
/// # Panics
///
/// If the number does not begin with a digit.
#[must_use]
pub fn split(number: &str) -> (u32, &str) {
    let end = number
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(number.len());
    let (digits, part) = number.split_at(end);
    (digits.parse().expect("a vector has a number"), part)
}
