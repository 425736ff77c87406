//! A vector under one reading of the open points.

use std::collections::BTreeSet;

use nthost::netio::Knobs;

use crate::run;
use crate::vector::{Expectation, Vector};

/// A vector with a set of knobs, and what it expects of them.
pub(crate) struct Reading {
    pub(crate) vector: Vector,
    pub(crate) knobs: String,
    expectation: Expectation,
}

impl Reading {
    /// A vector under both readings, and under what else it names.
    pub(crate) fn all_of(vector: &Vector) -> Vec<Self> {
        let extra = vector.under.keys().map(String::as_str);
        let selections: BTreeSet<&str> = ["default", "alternative"]
            .into_iter()
            .chain(extra)
            .collect();
        selections
            .into_iter()
            .map(|knobs| Self {
                vector: vector.clone(),
                knobs: knobs.to_owned(),
                expectation: vector.under.get(knobs).unwrap_or(&vector.expect).clone(),
            })
            .collect()
    }

    /// The name of its test.
    pub(crate) fn name(&self) -> String {
        name(&self.vector.number, &self.knobs)
    }

    /// Runs the vector on a fresh machine.
    pub(crate) fn run(&self) -> Result<(), String> {
        let knobs: Knobs = self.knobs.parse().expect("`under` names knobs");
        run::run(&self.vector, &self.expectation, knobs)
            .map_err(|why| format!("{}: {why}", self.vector.title))
    }
}

/// `vector_027_default`; a part's letter stays behind its number.
pub(crate) fn name(number: &str, knobs: &str) -> String {
    let (digits, part) = split(number);
    format!("vector_{digits:03}{part}_{}", knobs.replace('=', "_"))
}

/// A number, and the letter behind it.
pub(crate) fn split(number: &str) -> (u32, &str) {
    let end = number
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(number.len());
    let (digits, part) = number.split_at(end);
    (digits.parse().expect("a vector has a number"), part)
}
