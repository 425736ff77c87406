//! Expected refusals.

use abi::{NtStatus, Operation};
use ipforward::{DriverError, Error, Outcome, TransportError};
use tests::ScenarioContext;

/// A refusal with this status.
pub(crate) fn driver_error(operation: Operation, status: NtStatus) -> Error {
    let refused = TransportError::Refused(DriverError::from_status(status));
    Error::from_transport(operation, refused)
}

/// Requires a refusal with this status; another refusal is a failure of the run.
pub(crate) fn refused<T>(
    context: &ScenarioContext,
    outcome: Result<T, Error>,
    status: NtStatus,
) -> Result<(), Error> {
    context.require("the request is refused", outcome.is_err());
    match outcome {
        Err(error) if error.status() != Some(status) => Err(error),
        _ => Ok(()),
    }
}

/// The status of the first entry that failed, as that of a call.
pub(crate) fn done(outcome: &Outcome) -> Result<(), Error> {
    if outcome.is_success() {
        return Ok(());
    }
    let entry = outcome
        .failed_index
        .and_then(|index| outcome.entries.get(index)?.failure.as_ref());
    let driver_error = entry.map(|failure| failure.driver_error);
    let driver_error = driver_error.or(outcome.end_failure).expect("a reason");
    let refused = TransportError::Refused(driver_error);
    Err(Error::from_transport(Operation::Apply, refused))
}
