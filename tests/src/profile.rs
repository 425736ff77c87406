//! The profile of Windows under which the whole suite runs.

use std::env;
use std::path::Path;
use std::sync::LazyLock;

use abi::NtStatus;
use nt_netio_profile::{Behaviours, ProfileFile, is_profile_file};

/// The variable by which `cargo xtask test` chooses.
const VARIABLE: &str = "IPFORWARD_PROFILE";

static OF_THIS_RUN: LazyLock<Profile> = LazyLock::new(|| {
    let name = env::var(VARIABLE).unwrap_or_else(|_| "documented".to_owned());
    Profile::named(&name).unwrap_or_else(|error| panic!("{VARIABLE} is {name:?}: {error}"))
});

/// Where the documentation is silent or contradicts itself, a named behaviour of the host chooses.
/// A driver must be correct under each profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The argument of `nthost run --profile`.
    name: String,
    behaviours: Behaviours,
}

impl Profile {
    /// The profile of this run of the tests: the variable `IPFORWARD_PROFILE` has `documented`,
    /// `alternative` or the file of a profile, whose path begins at the root of the repository.
    ///
    /// # Panics
    ///
    /// If the variable names no profile.
    #[must_use]
    pub fn of_this_run() -> &'static Self {
        &OF_THIS_RUN
    }

    fn named(name: &str) -> Result<Self, String> {
        if !is_profile_file(name) {
            let profile = name.parse::<nt_netio_profile::Profile>();
            let behaviours = profile.map_err(|error| error.to_string())?.behaviours();
            return Ok(Self {
                name: name.to_owned(),
                behaviours,
            });
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        let file = ProfileFile::read(&path).map_err(|error| error.to_string())?;
        Ok(Self {
            behaviours: file.behaviours().map_err(|error| error.to_string())?,
            name: path.display().to_string(),
        })
    }

    /// Its name for `nthost run --profile`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the host does under this profile.
    #[must_use]
    pub const fn behaviours(&self) -> Behaviours {
        self.behaviours
    }

    /// The arguments of `nthost run`. The documentation does not say how soon a change is notified:
    /// under the alternative profile it is late.
    #[must_use]
    pub fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["--profile", &self.name];
        if self.behaviours == Behaviours::alternative() {
            arguments.push("--notify-after=20");
        }
        arguments
    }

    /// The status of a create whose keys are taken.
    pub fn duplicate(&self) -> NtStatus {
        self.behaviours.duplicate()
    }

    /// The status of a call for a route that does not exist.
    pub fn absent(&self) -> NtStatus {
        self.behaviours.absent()
    }

    /// The status of a search for a route to an unreachable destination.
    pub fn unreachable(&self) -> NtStatus {
        self.behaviours.no_route()
    }
}

#[cfg(test)]
mod tests {
    use nt_netio_profile::MeasuredMachine;

    use super::*;

    #[test]
    fn the_tests_take_the_file_of_a_measured_profile() {
        let named = Behaviours::alternative().named_values().into_iter();
        let file = ProfileFile {
            machine: MeasuredMachine {
                build: "10.0.1.2".to_owned(),
                date: "2026-11-30".parse().unwrap(),
                asked_through: "driver".to_owned(),
            },
            observed: named
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            not_observed: std::collections::BTreeMap::new(),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("windows-10.0.1.2.toml");
        std::fs::write(&path, file.to_string()).unwrap();
        let profile = Profile::named(path.to_str().unwrap()).unwrap();
        assert_eq!(profile.behaviours(), Behaviours::alternative());
        assert!(profile.arguments().contains(&path.to_str().unwrap()));
        std::fs::write(&path, "[machine]").unwrap();
        assert!(Profile::named(path.to_str().unwrap()).is_err());
    }
}
