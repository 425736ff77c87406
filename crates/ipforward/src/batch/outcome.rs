//! The outcome of a batch.

use abi::apply::{
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_RESULT_ROLLED_BACK,
    ENTRY_RESULT_UNCHANGED, NO_ENTRY, OUTCOME_CANCELLED, OUTCOME_DONE, OUTCOME_FAILED,
    OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK, OUTCOME_WOULD_FAIL, OUTCOME_WOULD_SUCCEED,
};
use abi::{ApplyAnswer, EntryAnswer, MibIpForwardRow2, NtStatus, Operation};

use super::Entry;
use crate::diagnosis::Diagnosis;
use crate::driver_error::DriverError;
use crate::error::{Error, Malformed, RefusedRoute};
use crate::route::{InvalidRow, Route};
use crate::row_bytes::RowBytes;

/// The Win32 error for `STATUS_CANCELLED`.
const ERROR_OPERATION_ABORTED: u32 = 995;

/// The outcome of a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every entry succeeded.
    Done,
    /// Some entries failed, the others succeeded. Not for an atomic batch.
    Failed,
    /// An entry of an atomic batch failed, and the driver rolled back the others.
    RolledBack,
    /// An entry of an atomic batch failed, and rolling back some others failed too.
    PartiallyRolledBack,
    /// The call was cancelled. The driver rolled back the entries of an atomic batch.
    Cancelled,
    /// Dry run: every entry would succeed.
    WouldSucceed,
    /// Dry run: an entry would fail.
    WouldFail,
    /// An outcome that this client does not know.
    Other(u32),
}

impl Verdict {
    const fn of(outcome: u32) -> Self {
        match outcome {
            OUTCOME_DONE => Self::Done,
            OUTCOME_FAILED => Self::Failed,
            OUTCOME_ROLLED_BACK => Self::RolledBack,
            OUTCOME_PARTIALLY_ROLLED_BACK => Self::PartiallyRolledBack,
            OUTCOME_CANCELLED => Self::Cancelled,
            OUTCOME_WOULD_SUCCEED => Self::WouldSucceed,
            OUTCOME_WOULD_FAIL => Self::WouldFail,
            other => Self::Other(other),
        }
    }

    /// True if every entry succeeded, or would succeed.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::WouldSucceed)
    }
}

/// What an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryResult {
    /// Nothing: it failed or was not attempted.
    None,
    /// Created the route.
    Created,
    /// An upsert changed the existing route.
    Replaced,
    /// The route existed as requested; a write, if any, changed nothing.
    Unchanged,
    /// Deleted the route.
    Deleted,
    /// Changed the route.
    Changed,
    /// The driver rolled the change back.
    RolledBack,
    /// The driver could not roll the change back.
    RollbackFailed,
    /// A result that this client does not know.
    Other(u32),
}

impl EntryResult {
    const fn of(result: u32) -> Self {
        match result {
            ENTRY_RESULT_NONE => Self::None,
            ENTRY_RESULT_CREATED => Self::Created,
            ENTRY_RESULT_REPLACED => Self::Replaced,
            ENTRY_RESULT_UNCHANGED => Self::Unchanged,
            ENTRY_RESULT_DELETED => Self::Deleted,
            ENTRY_RESULT_CHANGED => Self::Changed,
            ENTRY_RESULT_ROLLED_BACK => Self::RolledBack,
            ENTRY_RESULT_ROLLBACK_FAILED => Self::RollbackFailed,
            other => Self::Other(other),
        }
    }
}

/// Why an entry failed.
///
/// Its text is that of its [`Error`]: with the index of the entry, its route and the broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.into_error())]
#[non_exhaustive]
pub struct EntryFailure {
    /// Index of the entry in its batch.
    pub index: usize,
    /// The route of the entry. For a deletion only the keys are set.
    pub route: Route,
    /// The status of the driver or the stack; [`Reason::NotDone`](crate::Reason::NotDone) if the
    /// entry was not attempted.
    #[source]
    pub driver_error: DriverError,
    /// The rule that the route breaks; [`Diagnosis::NothingFound`] if the driver found none.
    pub diagnosis: Diagnosis,
}

impl EntryFailure {
    fn read(
        driver_error: DriverError,
        answer: &EntryAnswer,
        index: usize,
        entry: &Entry,
    ) -> Result<Self, InvalidRow> {
        let route = entry.route();
        let row = MibIpForwardRow2::from(&route);
        let diagnosis = abi::Diagnosis {
            cause: answer.cause,
            limit: answer.limit,
            existing: answer.old,
        };
        Ok(Self {
            index,
            route,
            driver_error,
            diagnosis: Diagnosis::read(&diagnosis, &row)?,
        })
    }

    /// The error of the entry.
    #[must_use]
    pub fn into_error(self) -> Error {
        Error::Refused {
            operation: Operation::Apply,
            driver_error: self.driver_error,
            route: Some(Box::new(RefusedRoute {
                entry: Some(self.index),
                ..RefusedRoute::new(self.route, Some(self.diagnosis))
            })),
        }
    }
}

/// The outcome of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryOutcome {
    /// What it did.
    pub result: EntryResult,
    /// Why it failed; `None` if it succeeded, also if it was rolled back later. In a box, so that the
    /// outcomes of a batch that succeeds need little memory.
    pub failure: Option<Box<EntryFailure>>,
    /// Why rolling it back failed, if that failed.
    pub undo_failure: Option<DriverError>,
    /// The route that was changed or deleted, that exists already, or that differs from the expected.
    pub old: Option<Route>,
}

impl EntryOutcome {
    /// The outcome of an entry that was not attempted.
    pub(crate) fn not_attempted(index: usize, entry: &Entry) -> Self {
        Self {
            result: EntryResult::None,
            failure: Some(Box::new(EntryFailure {
                index,
                route: entry.route(),
                driver_error: DriverError::from_both(NtStatus::CANCELLED, ERROR_OPERATION_ABORTED),
                diagnosis: Diagnosis::NothingFound,
            })),
            undo_failure: None,
            old: None,
        }
    }

    fn read(answer: &EntryAnswer, index: usize, entry: &Entry) -> Result<Self, InvalidRow> {
        Ok(Self {
            result: EntryResult::of(answer.result),
            failure: driver_error(answer.status)
                .map(|driver_error| EntryFailure::read(driver_error, answer, index, entry))
                .transpose()?
                .map(Box::new),
            undo_failure: nonzero_error(answer.undo_status),
            old: match answer.old {
                old if old == MibIpForwardRow2::default() => None,
                old => Some(Route::try_from(&old)?),
            },
        })
    }
}

/// The outcome of a batch and of each entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a batch can fail without an error"]
pub struct Outcome {
    /// The outcome of the whole batch.
    pub verdict: Verdict,
    /// Index of the first entry that failed, or of the entry before which the call was cancelled.
    pub failed_index: Option<usize>,
    /// Entries that succeeded and were not rolled back.
    pub applied: usize,
    /// Changes that could not be rolled back.
    pub undo_failures: usize,
    /// Leases that ended because the declared set does not have their routes.
    pub ended: usize,
    /// Why the first of these leases could not end, if one could not.
    pub end_failure: Option<DriverError>,
    /// The outcomes of the entries, in their order.
    pub entries: Vec<EntryOutcome>,
    /// Why the first entry failed that did: `apply_pages` keeps no outcomes of entries.
    failure: Option<Box<EntryFailure>>,
}

impl Outcome {
    pub(crate) fn read(
        answer: &ApplyAnswer,
        rows: &RowBytes<'_, EntryAnswer>,
        entries: &[Entry],
    ) -> Result<Self, Malformed> {
        let count = rows.count();
        if count != entries.len() || answer.count as usize != count {
            return Err(Malformed::Length {
                expected: size_of_val(answer) + entries.len() * size_of::<EntryAnswer>(),
                actual: size_of_val(answer) + count * size_of::<EntryAnswer>(),
            });
        }
        let entries = rows
            .read()
            .zip(entries)
            .enumerate()
            .map(|(index, (row, entry))| EntryOutcome::read(&row, index, entry))
            .collect::<Result<Vec<_>, _>>()?;
        let failed_index =
            (answer.failed_index != NO_ENTRY).then_some(answer.failed_index as usize);
        let failed = failed_index.and_then(|index| entries.get(index));
        Ok(Self {
            verdict: Verdict::of(answer.outcome),
            failed_index,
            applied: answer.applied as usize,
            undo_failures: answer.undo_failures as usize,
            ended: answer.ended as usize,
            end_failure: nonzero_error(answer.end_status),
            failure: failed
                .and_then(|entry| entry.failure.clone())
                .or_else(|| entries.iter().find_map(|entry| entry.failure.clone())),
            entries,
        })
    }

    /// True if every entry succeeded, or would succeed.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.verdict.is_success()
    }

    /// The outcome, or the error of the first entry that failed; if none did, the error of the
    /// first lease that could not end.
    ///
    /// ```no_run
    /// # use ipforward::{Batch, Device};
    /// # fn change(device: &Device, batch: &Batch) -> Result<(), ipforward::Error> {
    /// // An error names the entry, its route and the rule that it breaks.
    /// let outcome = device.apply(batch)?.into_result()?;
    /// println!("{} entries applied", outcome.applied);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the entry or the lease.
    pub fn into_result(self) -> Result<Self, Error> {
        match (&self.failure, self.end_failure) {
            (Some(failure), _) => Err(failure.into_error()),
            (None, Some(driver_error)) => Err(Error::Refused {
                operation: Operation::Apply,
                driver_error,
                route: None,
            }),
            (None, None) => Ok(self),
        }
    }

    /// The same outcome, of a page behind so many entries.
    pub(crate) fn behind(mut self, before: usize) -> Self {
        self.failed_index = self.failed_index.map(|index| before + index);
        let failures = self.entries.iter_mut().map(|entry| &mut entry.failure);
        for failure in failures.chain([&mut self.failure]).flatten() {
            failure.index += before;
        }
        self
    }

    /// Appends the outcome of the next page.
    pub(crate) fn and(mut self, next: Self) -> Self {
        self.failed_index = self.failed_index.or(next.failed_index);
        self.failure = self.failure.or(next.failure);
        if self.is_success() {
            self.verdict = next.verdict;
        }
        self.applied += next.applied;
        self.undo_failures += next.undo_failures;
        self.ended += next.ended;
        self.end_failure = self.end_failure.or(next.end_failure);
        self.entries.extend(next.entries);
        self
    }
}

/// The error for a failure status.
fn driver_error(status: u32) -> Option<DriverError> {
    let status = NtStatus::new(status);
    (!status.is_success()).then(|| DriverError::from_status(status))
}

/// The error for a status member that is 0 if there is no error.
fn nonzero_error(status: u32) -> Option<DriverError> {
    (status != 0).then(|| DriverError::from_status(NtStatus::new(status)))
}
