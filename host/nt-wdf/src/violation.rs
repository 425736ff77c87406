//! `WDF_VIOLATION`: how the framework stops the host.

use nt_kernel::bugcheck::{self, BugCheck, WDF_VIOLATION};
use nt_kernel::on_windows::{self, Rule};

/// The first parameter of the stop: what kind of rule was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Violation {
    /// `WDF_RECURSIVE_LOCK`.
    RecursiveLock = 2,
    /// `WDF_VERIFIER_FATAL_ERROR`.
    VerifierFatalError = 3,
    /// `WDF_REQUIRED_PARAMETER_IS_NULL`.
    RequiredParameterIsNull = 4,
    /// `WDF_INVALID_HANDLE`.
    InvalidHandle = 5,
    /// `WDF_REQUEST_FATAL_ERROR`.
    RequestFatalError = 6,
    /// `WDF_OBJECT_ERROR`.
    ObjectError = 7,
    /// `WDF_QUEUE_FATAL_ERROR`.
    QueueFatalError = 10,
    /// `WDF_INVALID_LOCK_OPERATION`.
    InvalidLockOperation = 11,
    /// `WDF_VERIFIER_IRQL_MISMATCH`.
    IrqlMismatch = 14,
    /// `WDF_VERIFIER_CRITICAL_REGION_MISMATCH`.
    CriticalRegionMismatch = 15,
    /// `WDF_API_UNAVAILABLE`.
    ApiUnavailable = 16,
}

/// Stops the host. `subject` is the handle or address in question, `detail` depends on the kind.
pub(crate) fn stop(violation: Violation, subject: usize, detail: u64, rule: String) -> ! {
    bugcheck::stop(report(violation, subject, detail, rule))
}

/// As [`stop`], for a broken rule after which Windows may go on: returns if the host does what Windows
/// does. The caller goes on as Windows.
pub(crate) fn broken(rule: Rule, violation: Violation, subject: usize, words: String) {
    on_windows::broken(rule, report(violation, subject, 0, words));
}

fn report(violation: Violation, subject: usize, detail: u64, rule: String) -> BugCheck {
    BugCheck {
        code: WDF_VIOLATION,
        parameters: [violation as u64, subject as u64, detail, 0],
        rule,
    }
}
