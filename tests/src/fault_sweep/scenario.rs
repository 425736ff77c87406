//! What a scenario is.

use abi::NtStatus;
use ipforward::Error;

use super::ScenarioContext;

/// What programs do, from the first handle to the last.
pub struct Scenario {
    pub(super) name: &'static str,
    pub(super) before: fn(&ScenarioContext),
    pub(super) run: fn(&ScenarioContext) -> Result<(), Error>,
    pub(super) expects: NtStatus,
    pub(super) tolerates: fn(&str, NtStatus) -> bool,
    pub(super) claims: bool,
    pub(super) after: fn(&ScenarioContext),
    pub(super) ends_the_driver: bool,
}

impl Scenario {
    /// One in which `run` is done while calls fail. Whatever it does to the table is taken back
    /// after it.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(&ScenarioContext) -> Result<(), Error>) -> Self {
        Self {
            name,
            before: |_| {},
            run,
            expects: NtStatus::SUCCESS,
            tolerates: an_empty_table,
            claims: false,
            after: |_| {},
            ends_the_driver: false,
        }
    }

    /// The same after something that is done while nothing fails.
    #[must_use]
    pub const fn after(self, before: fn(&ScenarioContext)) -> Self {
        Self { before, ..self }
    }

    /// The same, at whose end something is done while nothing fails.
    #[must_use]
    pub const fn finally(self, after: fn(&ScenarioContext)) -> Self {
        Self { after, ..self }
    }

    /// The same, which ends with this status if nothing fails.
    #[must_use]
    pub const fn expects(self, expects: NtStatus) -> Self {
        Self { expects, ..self }
    }

    /// The same, in which the failure of some functions, with some statuses, may stay without
    /// consequence.
    #[must_use]
    pub const fn tolerates(self, tolerates: fn(&str, NtStatus) -> bool) -> Self {
        Self { tolerates, ..self }
    }

    /// The same, whose run [claims](ScenarioContext::claim) what its success means: then a failure need not be
    /// told that did no harm.
    #[must_use]
    pub const fn claims(self) -> Self {
        Self {
            claims: true,
            ..self
        }
    }

    /// The same, in which the driver goes: each run has a host of its own.
    #[must_use]
    pub const fn ends_the_driver(self) -> Self {
        Self {
            ends_the_driver: true,
            ..self
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// That there are no entries is no error: the stack may say so by a status.
fn an_empty_table(function: &str, status: NtStatus) -> bool {
    let table = ["GetIpForwardTable2", "GetIpInterfaceTable"].contains(&function);
    table && status == NtStatus::NOT_FOUND
}
