//! What became of a batch.

use abi::apply::{
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_RESULT_ROLLED_BACK,
    ENTRY_RESULT_UNCHANGED, NO_ENTRY, OUTCOME_CANCELLED, OUTCOME_DONE, OUTCOME_FAILED,
    OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK, OUTCOME_WOULD_FAIL, OUTCOME_WOULD_SUCCEED,
};
use abi::{ApplyAnswer, EntryAnswer, MibIpForwardRow2, NtStatus};

use super::Entry;
use crate::diagnosis::Diagnosis;
use crate::driver_error::DriverError;
use crate::error::Malformed;
use crate::route::{InvalidRow, Route};

/// What Windows calls `STATUS_CANCELLED` in user mode.
const ERROR_OPERATION_ABORTED: u32 = 995;

/// What became of a batch as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every entry succeeded.
    Done,
    /// Some entries failed, the others stand. Not of an atomic batch.
    Failed,
    /// An entry of an atomic batch failed, and the table is as it was.
    Undone,
    /// An entry of an atomic batch failed, and so did undoing another.
    UndonePartly,
    /// The call was cancelled. What was done of an atomic batch is undone.
    Cancelled,
    /// Dry run: every entry would succeed.
    WouldSucceed,
    /// Dry run: some entry would fail.
    WouldFail,
    /// One that this client has no name for.
    Other(u32),
}

impl Verdict {
    const fn of(outcome: u32) -> Self {
        match outcome {
            OUTCOME_DONE => Self::Done,
            OUTCOME_FAILED => Self::Failed,
            OUTCOME_ROLLED_BACK => Self::Undone,
            OUTCOME_PARTIALLY_ROLLED_BACK => Self::UndonePartly,
            OUTCOME_CANCELLED => Self::Cancelled,
            OUTCOME_WOULD_SUCCEED => Self::WouldSucceed,
            OUTCOME_WOULD_FAIL => Self::WouldFail,
            other => Self::Other(other),
        }
    }

    /// Whether every entry succeeded, or would.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::WouldSucceed)
    }
}

/// What an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryResult {
    /// Nothing.
    None,
    /// It created the route.
    Created,
    /// An upsert: it changed the route that was there.
    Replaced,
    /// Nothing had to be written, the route was there as wanted.
    Unchanged,
    /// It deleted the route.
    Deleted,
    /// It changed the route.
    Changed,
    /// What it did was undone.
    RolledBack,
    /// What it did could not be undone.
    RollbackFailed,
    /// Something that this client has no name for.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFailure {
    /// The answer of the driver or the stack. [`Reason::NotDone`](crate::Reason::NotDone) if its
    /// turn did not come.
    pub driver_error: DriverError,
    /// The rule that its route breaks; [`Diagnosis::NothingFound`] if the driver knows none.
    pub diagnosis: Diagnosis,
}

/// What became of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryOutcome {
    /// What it did.
    pub result: EntryResult,
    /// Why it failed; `None` if it succeeded, also if it was undone since.
    pub failure: Option<EntryFailure>,
    /// Why it could not be undone, if it could not.
    pub undo_failure: Option<DriverError>,
    /// The route that was changed, deleted, in the way, or other than expected.
    pub old: Option<Route>,
}

impl EntryOutcome {
    /// What became of an entry whose turn did not come.
    pub(crate) const NOT_DONE: Self = Self {
        result: EntryResult::None,
        failure: Some(EntryFailure {
            driver_error: DriverError::from_both(NtStatus::CANCELLED, ERROR_OPERATION_ABORTED),
            diagnosis: Diagnosis::NothingFound,
        }),
        undo_failure: None,
        old: None,
    };

    fn read(answer: &EntryAnswer, entry: &Entry) -> Result<Self, InvalidRow> {
        let driver_error = driver_error(answer.status);
        let diagnosis = abi::Diagnosis {
            cause: answer.cause,
            limit: answer.limit,
            existing: answer.old,
        };
        let row = MibIpForwardRow2::from(&entry.route());
        Ok(Self {
            result: EntryResult::of(answer.result),
            failure: match driver_error {
                Some(driver_error) => Some(EntryFailure {
                    driver_error,
                    diagnosis: Diagnosis::read(&diagnosis, &row)?,
                }),
                None => None,
            },
            undo_failure: refusal_if_any(answer.undo_status),
            old: match answer.old {
                old if old == MibIpForwardRow2::default() => None,
                old => Some(Route::try_from(&old)?),
            },
        })
    }
}

/// What became of a batch: as a whole, and of each of its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a batch can fail without an error"]
pub struct Outcome {
    /// What became of the whole.
    pub verdict: Verdict,
    /// The first entry that failed, or before which the call was cancelled.
    pub failed_index: Option<usize>,
    /// How many entries succeeded and were not undone.
    pub applied: usize,
    /// How many changes could not be undone.
    pub undo_failures: usize,
    /// How many leases ended because they are not in the declared set.
    pub ended: usize,
    /// Why the first lease that should have ended so did not.
    pub end_failure: Option<DriverError>,
    /// What became of the entries, in their order.
    pub entries: Vec<EntryOutcome>,
}

impl Outcome {
    pub(crate) fn read(
        answer: &ApplyAnswer,
        rows: &[EntryAnswer],
        entries: &[Entry],
    ) -> Result<Self, Malformed> {
        if rows.len() != entries.len() || answer.count as usize != rows.len() {
            return Err(Malformed::Length {
                expected: size_of_val(answer) + entries.len() * size_of::<EntryAnswer>(),
                actual: size_of_val(answer) + size_of_val(rows),
            });
        }
        let entries: Result<_, _> = rows
            .iter()
            .zip(entries)
            .map(|(row, entry)| EntryOutcome::read(row, entry))
            .collect();
        Ok(Self {
            verdict: Verdict::of(answer.outcome),
            failed_index: (answer.failed_index != NO_ENTRY).then_some(answer.failed_index as usize),
            applied: answer.applied as usize,
            undo_failures: answer.undo_failures as usize,
            ended: answer.ended as usize,
            end_failure: refusal_if_any(answer.end_status),
            entries: entries?,
        })
    }

    /// Whether every entry succeeded, or would.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.verdict.is_success()
    }

    /// This outcome and that of the page after it as one.
    pub(crate) fn and(mut self, next: Self) -> Self {
        let before = self.entries.len();
        self.failed_index = self
            .failed_index
            .or(next.failed_index.map(|index| before + index));
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

/// The refusal that a status is, if it is one.
fn driver_error(status: u32) -> Option<DriverError> {
    let status = NtStatus::new(status);
    (!status.is_success()).then(|| DriverError::from_status(status))
}

/// The refusal that is told in a member that is 0 if there is none.
fn refusal_if_any(status: u32) -> Option<DriverError> {
    (status != 0).then(|| DriverError::from_status(NtStatus::new(status)))
}
