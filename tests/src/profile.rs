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

    /// The arguments of `nthost run`. The documentation does not say at which IRQL or how soon a
    /// change is notified, so the alternative profile decides that, too.
    #[must_use]
    pub fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["--profile", &self.name];
        if self.behaviours == Behaviours::alternative() {
            arguments.extend(["--notify-at-dispatch", "--notify-after=20"]);
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
