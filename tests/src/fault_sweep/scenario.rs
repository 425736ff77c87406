//! What a scenario is.

use abi::NtStatus;
use ipforward::Error;

use super::ScenarioContext;

/// What programs do with the driver, from the first open to the last close.
pub struct Scenario {
    pub(super) name: &'static str,
    pub(super) before: fn(&ScenarioContext),
    pub(super) run: fn(&ScenarioContext) -> Result<(), Error>,
    pub(super) expects: NtStatus,
    pub(super) tolerates: fn(&str, NtStatus) -> bool,
    pub(super) claims: bool,
    pub(super) after: fn(&ScenarioContext),
    pub(super) unloads_driver: bool,
}

impl Scenario {
    /// A scenario: calls fail during `run`. The routes that it leaves are deleted afterwards.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(&ScenarioContext) -> Result<(), Error>) -> Self {
        Self {
            name,
            before: |_| {},
            run,
            expects: NtStatus::SUCCESS,
            tolerates: means_an_empty_table,
            claims: false,
            after: |_| {},
            unloads_driver: false,
        }
    }

    /// Does `before` ahead of each run, without faults.
    #[must_use]
    pub const fn after(self, before: fn(&ScenarioContext)) -> Self {
        Self { before, ..self }
    }

    /// Does `after` at the end of each run, without faults.
    #[must_use]
    pub const fn finally(self, after: fn(&ScenarioContext)) -> Self {
        Self { after, ..self }
    }

    /// Expects this status of a run without faults.
    #[must_use]
    pub const fn expects(self, expects: NtStatus) -> Self {
        Self { expects, ..self }
    }

    /// Tolerates that a failure has no consequence, for some functions and statuses.
    #[must_use]
    pub const fn tolerates(self, tolerates: fn(&str, NtStatus) -> bool) -> Self {
        Self { tolerates, ..self }
    }

    /// The run [claims](ScenarioContext::claim) what its success means: then it need not report a
    /// failure that did no harm.
    #[must_use]
    pub const fn claims(self) -> Self {
        Self {
            claims: true,
            ..self
        }
    }

    /// The run unloads the driver: each run gets a host of its own.
    #[must_use]
    pub const fn unloads_driver(self) -> Self {
        Self {
            unloads_driver: true,
            ..self
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// The stack may say by a status that a table has no entries; that is not an error.
fn means_an_empty_table(function: &str, status: NtStatus) -> bool {
    let table = ["GetIpForwardTable2", "GetIpInterfaceTable"].contains(&function);
    table && status == NtStatus::NOT_FOUND
}
