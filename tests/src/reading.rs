//! The two readings of Windows under which the whole suite runs.

use std::env;

use abi::NtStatus;

/// Where the documentation is silent or contradicts itself, the host has a knob with two settings.
/// A driver must be right under both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What is most likely true.
    Default,
    /// What may be true instead.
    Alternative,
}

impl Reading {
    /// The variable by which `cargo xtask test` chooses: `default` or `alternative`.
    const VARIABLE: &str = "IPFORWARD_KNOBS";

    /// The reading that this run of the tests is about.
    ///
    /// # Panics
    ///
    /// If the variable says something else.
    #[must_use]
    pub fn of_this_run() -> Self {
        match env::var(Self::VARIABLE).as_deref() {
            Err(_) | Ok("default") => Self::Default,
            Ok("alternative") => Self::Alternative,
            Ok(other) => panic!("{} is {other:?}: no reading of that name", Self::VARIABLE),
        }
    }

    /// Its name for `nthost run --knobs`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Alternative => "alternative",
        }
    }

    /// What `nthost run` is told of it. No documentation says at which level changes are told, nor
    /// how soon, so that this, too, is a matter of reading.
    #[must_use]
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Default => &["--knobs", "default"],
            Self::Alternative => &[
                "--knobs",
                "alternative",
                "--notify-at-dispatch",
                "--notify-after=20",
            ],
        }
    }

    /// The status of a create whose keys are taken.
    pub const fn duplicate(self) -> NtStatus {
        match self {
            Self::Default => NtStatus::DUPLICATE_OBJECTID,
            Self::Alternative => NtStatus::OBJECTID_EXISTS,
        }
    }

    /// The status of a call for a route that is not there.
    pub const fn absent(self) -> NtStatus {
        match self {
            Self::Default => NtStatus::NOT_FOUND,
            Self::Alternative => NtStatus::OBJECT_NAME_NOT_FOUND,
        }
    }

    /// The status of a search for a route to where none leads.
    pub const fn unreachable(self) -> NtStatus {
        match self {
            Self::Default => NtStatus::NETWORK_UNREACHABLE,
            Self::Alternative => NtStatus::NOT_FOUND,
        }
    }
}
