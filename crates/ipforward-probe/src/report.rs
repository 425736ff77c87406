//! What was found, as a table and as a profile.

use std::collections::BTreeMap;
use std::fmt;

use nt_netio_profile::{Behaviours, MeasuredMachine, ProfileFile};
use toml::value::Datetime;

use crate::context::ExperimentContext;
use crate::experiments;
use crate::unknown::Unknown;

/// What one way of asking found.
#[derive(Clone, Debug)]
pub struct ProbeColumn {
    /// The way: `driver` or `ip-helper`.
    pub name: &'static str,
    /// The value of each behaviour, in the order of [`Behaviours::NAMES`].
    pub values: Vec<Result<&'static str, Unknown>>,
}

impl ProbeColumn {
    /// Runs every experiment.
    #[must_use]
    pub fn measure(name: &'static str, context: &ExperimentContext<'_>) -> Self {
        let experiments = experiments::ALL.iter();
        Self {
            name,
            values: experiments.map(|one| one.run(context)).collect(),
        }
    }
}

/// What all ways of asking found. The first that has observed a behaviour counts.
#[derive(Clone, Debug)]
pub struct ProbeReport {
    /// The ways of asking.
    pub columns: Vec<ProbeColumn>,
}

impl ProbeReport {
    /// The value of a behaviour, by its place in [`Behaviours::NAMES`].
    fn value(&self, place: usize) -> Result<&'static str, Unknown> {
        let mut answers = self
            .columns
            .iter()
            .map(|column| column.values[place].clone());
        let mut why = Unknown::not_observable("nothing was asked");
        for answer in &mut answers {
            match answer {
                Ok(value) => return Ok(value),
                // What is unexpected must not hide behind what cannot be seen.
                Err(_) if matches!(why, Unknown::Unexpected(_)) => {}
                Err(unknown) => why = unknown,
            }
        }
        Err(why)
    }

    /// The profile of the computer.
    #[must_use]
    pub fn profile(&self, build: &str, date: Datetime) -> ProfileFile {
        let mut observed = BTreeMap::new();
        let mut not_observed = BTreeMap::new();
        for (place, name) in Behaviours::NAMES.iter().enumerate() {
            match self.value(place) {
                Ok(value) => drop(observed.insert((*name).to_owned(), value.to_owned())),
                Err(why) => drop(not_observed.insert((*name).to_owned(), why.to_string())),
            }
        }
        let ways: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        ProfileFile {
            machine: MeasuredMachine {
                build: build.to_owned(),
                date,
                asked_through: ways.join(", "),
            },
            observed,
            not_observed,
        }
    }
}

/// The table: a line for each behaviour, a column for each way of asking; below it, why something is
/// not known.
impl fmt::Display for ProbeReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let first = width(&mut Behaviours::NAMES.iter().map(|name| name.len()));
        write!(formatter, "{:first$}", "BEHAVIOUR")?;
        for column in &self.columns {
            let cell = column_width(column);
            write!(formatter, "  {:cell$}", column.name.to_uppercase())?;
        }
        writeln!(formatter)?;
        let mut notes = Vec::new();
        for (place, name) in Behaviours::NAMES.iter().enumerate() {
            write!(formatter, "{name:first$}")?;
            for column in &self.columns {
                let answer = &column.values[place];
                let cell = column_width(column);
                write!(formatter, "  {:cell$}", short(answer))?;
                if let Err(why) = answer {
                    notes.push(format!("{name}, {}: {why}", column.name));
                }
            }
            writeln!(formatter)?;
        }
        if !notes.is_empty() {
            writeln!(formatter)?;
        }
        for note in notes {
            writeln!(formatter, "{note}")?;
        }
        Ok(())
    }
}

fn column_width(column: &ProbeColumn) -> usize {
    let cells = column.values.iter().map(|value| short(value).len());
    cells.chain([column.name.len()]).max().unwrap_or(0)
}

/// What a cell shows.
fn short(answer: &Result<&'static str, Unknown>) -> &'static str {
    match answer {
        Ok(value) => value,
        Err(Unknown::Unexpected(_)) => "unexpected",
        Err(Unknown::NotObservable(_)) => "not observable",
        Err(Unknown::NotImplemented(_)) => "not implemented",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column whose first value is this, and whose others cannot be seen.
    fn column(name: &'static str, first: Result<&'static str, Unknown>) -> ProbeColumn {
        let mut values = vec![Err(Unknown::not_observable("dark")); Behaviours::NAMES.len()];
        values[0] = first;
        ProbeColumn { name, values }
    }

    fn profile(columns: Vec<ProbeColumn>) -> ProfileFile {
        let report = ProbeReport { columns };
        report.profile("1", "2026-11-30".parse().unwrap())
    }

    #[test]
    fn the_first_way_that_sees_a_behaviour_counts() {
        let strange = || Err(Unknown::Unexpected("strange".to_owned()));
        let file = profile(vec![
            column("driver", strange()),
            column("ip-helper", Ok("refused")),
        ]);
        assert_eq!(file.observed["next-hop-without-family"], "refused");
        assert_eq!(file.machine.asked_through, "driver, ip-helper");
        let dark = Err(Unknown::not_observable("dark"));
        let file = profile(vec![column("driver", strange()), column("ip-helper", dark)]);
        let why = &file.not_observed["next-hop-without-family"];
        assert_eq!(why, "unexpected: strange");
    }

    #[test]
    fn the_profile_is_complete_whatever_was_seen() {
        let dark = || Err(Unknown::not_observable("dark"));
        assert!(profile(vec![column("driver", dark())]).behaviours().is_ok());
        assert!(profile(Vec::new()).behaviours().is_ok());
    }

    #[test]
    fn the_table_has_a_line_for_each_behaviour_and_each_reason() {
        let report = ProbeReport {
            columns: vec![column("driver", Ok("on-link"))],
        };
        let text = report.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 24 + 1 + 23);
        assert_eq!(lines[0], "BEHAVIOUR                     DRIVER        ");
        assert_eq!(lines[1], "next-hop-without-family       on-link       ");
        assert_eq!(lines[2], "fresh-site-prefix             not observable");
        let reason = "fresh-site-prefix, driver: not observable this way: dark";
        assert_eq!(lines[26], reason);
    }
}
