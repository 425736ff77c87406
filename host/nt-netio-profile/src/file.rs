//! A profile in a file: what a program has measured on one computer.
//!
//! ```toml
//! [machine]
//! build = "10.0.26100.2033"
//! date = 2026-11-30
//! asked-through = "driver"
//!
//! [observed]
//! duplicate-status = "duplicate-objectid"
//! # …
//!
//! [not-observed]
//! no-memory-status = "a program cannot take the kernel's memory away"
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::value::Datetime;

use crate::choices::Behaviours;
use crate::error::BehaviourError;

/// The first lines of a file.
const HEADER: &str = "\
# What the route functions of one computer do where their documentation is silent.
# Written by ipforward-probe; `nthost run --profile FILE` behaves in the same way.
";

/// A profile in a file. It has every behaviour once: with the value that was observed, or with the reason
/// why none was.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileFile {
    /// Where and when it was measured.
    pub machine: MeasuredMachine,
    /// The value of each behaviour that was observed.
    pub observed: BTreeMap<String, String>,
    /// Why a behaviour was not observed.
    #[serde(default)]
    pub not_observed: BTreeMap<String, String>,
}

/// The computer that a profile was measured on.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MeasuredMachine {
    /// The version of its system: four numbers for Windows.
    pub build: String,
    /// The day.
    pub date: Datetime,
    /// The functions that were called: of the driver, or of the IP Helper API.
    pub asked_through: String,
}

/// Why a profile file is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProfileFileError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not the TOML of a profile.
    #[error(transparent)]
    Syntax(#[from] toml::de::Error),
    /// It names a behaviour or a value that does not exist.
    #[error(transparent)]
    Behaviour(#[from] BehaviourError),
    /// It leaves a behaviour out.
    #[error(
        "incomplete profile: `{0}` is neither observed nor not-observed; measure it again with this \
         version of ipforward-probe"
    )]
    Missing(&'static str),
    /// It has a behaviour in both sections.
    #[error("invalid profile: `{0}` is both observed and not-observed; expected one of them")]
    Both(&'static str),
}

/// True if the text that names a profile is the path of a file.
#[must_use]
pub fn is_profile_file(text: &str) -> bool {
    Path::new(text)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

impl ProfileFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not a complete profile.
    pub fn read(path: &Path) -> Result<Self, ProfileFileError> {
        fs::read_to_string(path)
            .map_err(|source| ProfileFileError::Read {
                path: path.to_owned(),
                source,
            })?
            .parse()
    }

    /// The behaviours of the computer. Those that were not observed are as documented.
    ///
    /// # Errors
    ///
    /// A behaviour or a value does not exist, or a behaviour is left out or has two entries.
    pub fn behaviours(&self) -> Result<Behaviours, ProfileFileError> {
        let mut behaviours = Behaviours::documented();
        for (name, value) in &self.observed {
            behaviours.set(name, value)?;
        }
        for name in self.not_observed.keys() {
            if Behaviours::values_of(name).is_none() {
                let name = name.clone();
                let known = Behaviours::NAMES.join(", ");
                return Err(BehaviourError::UnknownName { name, known }.into());
            }
        }
        for name in Behaviours::NAMES {
            match (
                self.observed.contains_key(*name),
                self.not_observed.contains_key(*name),
            ) {
                (false, false) => return Err(ProfileFileError::Missing(name)),
                (true, true) => return Err(ProfileFileError::Both(name)),
                _ => {}
            }
        }
        Ok(behaviours)
    }
}

/// The text of a file, checked.
impl FromStr for ProfileFile {
    type Err = ProfileFileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let file: Self = toml::from_str(text)?;
        file.behaviours()?;
        Ok(file)
    }
}

/// The text of the file.
impl fmt::Display for ProfileFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(self).map_err(|_| fmt::Error)?;
        write!(formatter, "{HEADER}\n{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the alternative profile.
    fn alternative() -> ProfileFile {
        let named = Behaviours::alternative().named_values().into_iter();
        ProfileFile {
            machine: MeasuredMachine {
                build: "10.0.26100.2033".to_owned(),
                date: "2026-11-30".parse().unwrap(),
                asked_through: "driver".to_owned(),
            },
            observed: named
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            not_observed: BTreeMap::new(),
        }
    }

    fn refusal(file: &ProfileFile) -> String {
        file.to_string()
            .parse::<ProfileFile>()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_file_that_was_written_reads_the_same() {
        let mut file = alternative();
        let text = file.to_string();
        assert!(text.contains("\ndate = 2026-11-30\n"), "{text}");
        assert_eq!(text.parse::<ProfileFile>().unwrap(), file);
        assert_eq!(file.behaviours().unwrap(), Behaviours::alternative());
        file.observed.remove("empty-table");
        let reason = "the machine has routes".to_owned();
        file.not_observed.insert("empty-table".to_owned(), reason);
        assert_eq!(file.to_string().parse::<ProfileFile>().unwrap(), file);
    }

    #[test]
    fn a_behaviour_that_was_not_observed_is_as_documented() {
        let mut file = alternative();
        for name in Behaviours::NAMES {
            file.observed.remove(*name);
            file.not_observed.insert((*name).to_owned(), String::new());
        }
        assert_eq!(file.behaviours().unwrap(), Behaviours::documented());
    }

    #[test]
    fn every_behaviour_has_to_be_there_once() {
        for name in Behaviours::NAMES {
            let mut file = alternative();
            let value = file.observed.remove(*name).unwrap();
            let expected = format!("incomplete profile: `{name}`");
            assert!(refusal(&file).starts_with(&expected));
            file.not_observed.insert((*name).to_owned(), String::new());
            assert!(file.behaviours().is_ok());
            file.observed.insert((*name).to_owned(), value);
            assert!(refusal(&file).contains(&format!("`{name}` is both")));
        }
    }

    #[test]
    fn an_unknown_name_or_value_is_refused() {
        let mut file = alternative();
        file.observed.insert("duplicate".to_owned(), "x".to_owned());
        assert!(refusal(&file).contains("unknown behaviour `duplicate`"));
        let mut file = alternative();
        file.not_observed
            .insert("duplicate".to_owned(), "x".to_owned());
        assert!(refusal(&file).contains("unknown behaviour `duplicate`"));
        let mut file = alternative();
        file.observed
            .insert("empty-table".to_owned(), "x".to_owned());
        assert!(refusal(&file).contains("unknown value `x` of empty-table"));
    }

    #[test]
    fn a_table_that_no_version_has_is_refused() {
        let text = alternative().to_string() + "\n[guessed]\nempty-table = \"success\"\n";
        let error = text.parse::<ProfileFile>().unwrap_err().to_string();
        assert!(error.contains("guessed"), "{error}");
    }

    #[test]
    fn only_a_text_that_ends_in_toml_is_a_file() {
        assert!(is_profile_file("windows-10.0.26100.2033.toml"));
        assert!(!is_profile_file("documented"));
    }
}
