//! What `routectl --json selftest` has found on the guest.

use std::fmt;

use serde::Deserialize;

/// The result of a self-test, as its JSON tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct SelftestResult {
    passed: u32,
    failed: u32,
    skipped: u32,
    cases: Vec<SelftestCase>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct SelftestCase {
    group: String,
    case: String,
    family: Option<String>,
    result: String,
    reason: Option<String>,
}

impl SelftestResult {
    /// The result in the output of the step; `None` if the self-test did not run.
    pub(super) fn read(output: &str) -> Option<Self> {
        serde_json::from_str(output).ok()
    }
}

/// The counts, then a line for each case that did not pass.
impl fmt::Display for SelftestResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.passed, self.failed, self.skipped);
        writeln!(
            formatter,
            "  {passed} passed, {failed} failed, {skipped} skipped"
        )?;
        for case in self.cases.iter().filter(|case| case.result != "passed") {
            let family = case.family.as_deref().unwrap_or_default();
            let name = format!("{}/{} {family}", case.group, case.case);
            let reason = case.reason.as_deref().unwrap_or("no reason");
            writeln!(formatter, "  {} {}: {reason}", case.result, name.trim_end())?;
        }
        Ok(())
    }
}
