//! The two profiles of Windows under which the whole suite runs.

use std::env;

use abi::NtStatus;

/// Where the documentation is silent or contradicts itself, a named behaviour of the host chooses.
/// A driver must be correct under both profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// What the documentation says, or most likely means.
    Documented,
    /// What Windows may do instead.
    Alternative,
}

impl Profile {
    /// The variable by which `cargo xtask test` chooses: `documented` or `alternative`.
    const VARIABLE: &str = "IPFORWARD_PROFILE";

    /// The profile of this run of the tests.
    ///
    /// # Panics
    ///
    /// If the variable names no profile.
    #[must_use]
    pub fn of_this_run() -> Self {
        match env::var(Self::VARIABLE).as_deref() {
            Err(_) | Ok("documented") => Self::Documented,
            Ok("alternative") => Self::Alternative,
            Ok(other) => panic!(
                "{} is {other:?}: expected `documented` or `alternative`",
                Self::VARIABLE
            ),
        }
    }

    /// Its name for `nthost run --profile`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Alternative => "alternative",
        }
    }

    /// The arguments of `nthost run`. The documentation does not say at which IRQL or how soon a
    /// change is notified, so the profile decides that, too.
    #[must_use]
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Documented => &["--profile", "documented"],
            Self::Alternative => &[
                "--profile",
                "alternative",
                "--notify-at-dispatch",
                "--notify-after=20",
            ],
        }
    }

    /// The status of a create whose keys are taken.
    pub const fn duplicate(self) -> NtStatus {
        match self {
            Self::Documented => NtStatus::DUPLICATE_OBJECTID,
            Self::Alternative => NtStatus::OBJECTID_EXISTS,
        }
    }

    /// The status of a call for a route that does not exist.
    pub const fn absent(self) -> NtStatus {
        match self {
            Self::Documented => NtStatus::NOT_FOUND,
            Self::Alternative => NtStatus::OBJECT_NAME_NOT_FOUND,
        }
    }

    /// The status of a search for a route to an unreachable destination.
    pub const fn unreachable(self) -> NtStatus {
        match self {
            Self::Documented => NtStatus::NETWORK_UNREACHABLE,
            Self::Alternative => NtStatus::NOT_FOUND,
        }
    }
}
