//! A case: a promise of the driver, and the code that tries it.

use super::context::CaseContext;
use super::not_passed::CaseResult;

/// How often a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaseScope {
    /// Once, with the routes of any family.
    Once,
    /// Once for each family.
    EachFamily,
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedCase {
    /// Its name, as the filter of the command line has it.
    pub(crate) name: &'static str,
    /// What is true if it passes.
    pub(crate) claim: &'static str,
    pub(crate) scope: CaseScope,
    run: fn(&CaseContext<'_>) -> CaseResult,
}

impl NamedCase {
    /// A case that needs no particular family.
    pub(super) const fn once(
        name: &'static str,
        claim: &'static str,
        run: fn(&CaseContext<'_>) -> CaseResult,
    ) -> Self {
        let scope = CaseScope::Once;
        Self {
            name,
            claim,
            scope,
            run,
        }
    }

    /// A case for each family.
    pub(super) const fn of_family(
        name: &'static str,
        claim: &'static str,
        run: fn(&CaseContext<'_>) -> CaseResult,
    ) -> Self {
        let scope = CaseScope::EachFamily;
        Self {
            name,
            claim,
            scope,
            run,
        }
    }

    /// Tries it.
    pub(super) fn run(&self, context: &CaseContext<'_>) -> CaseResult {
        (self.run)(context)
    }
}
