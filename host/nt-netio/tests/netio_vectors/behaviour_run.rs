//! A vector under one set of behaviours.

use std::collections::BTreeSet;

use nt_netio::Behaviours;

use crate::run;
use crate::vector::{Expectation, Vector};

/// A vector with a set of behaviours, and what it expects of them.
pub(crate) struct BehaviourRun {
    pub(crate) vector: Vector,
    pub(crate) behaviours: String,
    expectation: Expectation,
}

impl BehaviourRun {
    /// A vector under both profiles, and under what else it names.
    pub(crate) fn all_of(vector: &Vector) -> Vec<Self> {
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
    pub(crate) fn name(&self) -> String {
        name(&self.vector.number, &self.behaviours)
    }

    /// Runs the vector on a fresh stack.
    pub(crate) fn run(&self) -> Result<(), String> {
        let behaviours: Behaviours = self
            .behaviours
            .parse()
            .expect("`under` names a profile or a behaviour");
        run::run(&self.vector, &self.expectation, behaviours)
            .map_err(|why| format!("{}: {why}", self.vector.title))
    }
}

/// `vector_027_documented`; a part's letter stays behind its number.
pub(crate) fn name(number: &str, behaviours: &str) -> String {
    let (digits, part) = split(number);
    format!(
        "vector_{digits:03}{part}_{}",
        behaviours.replace(['=', '-'], "_")
    )
}

/// A number, and the letter behind it.
pub(crate) fn split(number: &str) -> (u32, &str) {
    let end = number
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(number.len());
    let (digits, part) = number.split_at(end);
    (digits.parse().expect("a vector has a number"), part)
}
