//! An `APPLY` as the contract has it: the caller's bytes, and the answer.

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE,
    BATCH_ENTRIES_MAX, ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE,
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_RESULT_ROLLED_BACK,
    ENTRY_RESULT_UNCHANGED, ENTRY_SET, ENTRY_SHARE, ENTRY_UPSERT, NO_ENTRY, OUTCOME_CANCELLED,
    OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK,
    OUTCOME_WOULD_FAIL, OUTCOME_WOULD_SUCCEED,
};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, NtStatus, Wire};
use zerocopy::{CastError, FromBytes, IntoBytes};

use crate::memory::BatchMemory;
use crate::route_attributes::RouteAttributes;
use crate::transaction::batch::{
    BatchLeases, BatchOptions, BatchOutcome, BatchStep, EntryBatch, EntryEffect, EntryOperation,
    LeaseMode, SetPage,
};

/// Decodes a batch from the caller's bytes, whose answer may have `output_length`.
///
/// # Errors
///
/// - `STATUS_INVALID_BUFFER_SIZE`: the input is not a header and as many entries as it says.
/// - `STATUS_BUFFER_TOO_SMALL`: the answers would not fit.
/// - `STATUS_INVALID_USER_BUFFER`: a reserved byte is not zero, or the input is not aligned to 8, as
///   that of a request is.
/// - `STATUS_INVALID_PARAMETER`: an unknown flag or operation, two that exclude each other, or too
///   many entries.
/// - `STATUS_QUOTA_EXCEEDED`: batches have too much memory.
/// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory for the entries.
pub(super) fn read<'a>(
    input: &[u8],
    output_length: usize,
    memory: BatchMemory<'a>,
) -> Result<EntryBatch<'a>, NtStatus> {
    let (header, entries) =
        ApplyHeader::read_from_prefix(input).map_err(|_| NtStatus::INVALID_BUFFER_SIZE)?;
    // An entry is read where it is. A copy would include the second row, which most entries do not have.
    let entries = <[ApplyEntry]>::ref_from_bytes(entries).map_err(|error| match error {
        CastError::Alignment(_) => NtStatus::INVALID_USER_BUFFER,
        _ => NtStatus::INVALID_BUFFER_SIZE,
    })?;
    let count = header.count as usize;
    if entries.len() != count {
        return Err(NtStatus::INVALID_BUFFER_SIZE);
    }
    if output_length < answer_length(count) {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    if !header.reserved_is_zero() {
        return Err(NtStatus::INVALID_USER_BUFFER);
    }
    if header.count > BATCH_ENTRIES_MAX {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let options = decode_options(header.flags)?;
    let flags = entries.iter().fold(0, |flags, entry| flags | entry.flags);
    let leases = BatchLeases {
        any: flags & ENTRY_LEASE != 0,
        guarded: flags & ENTRY_GUARD != 0,
    };
    let mut batch = EntryBatch::new(options, leases, header.count, memory)?;
    batch.fill(entries, |entry, wanted| {
        if !entry.reserved_is_zero() {
            return Err(NtStatus::INVALID_USER_BUFFER);
        }
        (wanted.operation, wanted.lease) = decode_change(entry, options)?;
        wanted.row = entry.row;
        wanted.row.clear_unused();
        Ok(())
    })?;
    Ok(batch)
}

fn decode_options(flags: u32) -> Result<BatchOptions, NtStatus> {
    const KNOWN: u32 =
        APPLY_ATOMIC | APPLY_DRY_RUN | APPLY_DECLARED_SET | APPLY_MORE | APPLY_CONTINUES;
    let has = |flag| flags & flag != 0;
    let is_page = has(APPLY_MORE) || has(APPLY_CONTINUES);
    if flags & !KNOWN != 0 || (is_page && (!has(APPLY_DECLARED_SET) || has(APPLY_DRY_RUN))) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(BatchOptions {
        atomic: has(APPLY_ATOMIC),
        dry_run: has(APPLY_DRY_RUN),
        declared_set: has(APPLY_DECLARED_SET).then_some(SetPage {
            continues: has(APPLY_CONTINUES),
            more_follow: has(APPLY_MORE),
        }),
    })
}

/// What an entry requests, without its row.
fn decode_change(
    entry: &ApplyEntry,
    options: BatchOptions,
) -> Result<(EntryOperation, Option<LeaseMode>), NtStatus> {
    const KNOWN: u32 = ENTRY_LEASE | ENTRY_SHARE | ENTRY_GUARD;
    let has = |flag| entry.flags & flag != 0;
    let lease = has(ENTRY_LEASE).then_some(LeaseMode {
        shared: has(ENTRY_SHARE),
        guarded: has(ENTRY_GUARD),
    });
    let operation = match entry.operation {
        ENTRY_CREATE => EntryOperation::Create,
        ENTRY_SET => EntryOperation::Set,
        ENTRY_DELETE if entry.flags & !ENTRY_LEASE == 0 => EntryOperation::Delete,
        ENTRY_UPSERT => EntryOperation::Upsert,
        ENTRY_COMPARE_AND_SET => {
            EntryOperation::CompareAndSet(RouteAttributes::of(&entry.expected))
        }
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    let flags_known = entry.flags & !KNOWN == 0 && (lease.is_some() || entry.flags == 0);
    let is_declaration = operation == EntryOperation::Upsert && lease.is_some();
    if !flags_known || (options.declared_set.is_some() && !is_declaration) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok((operation, lease))
}

impl EntryBatch<'_> {
    /// Writes the answers. Returns the number of bytes written.
    ///
    /// # Errors
    ///
    /// `STATUS_BUFFER_TOO_SMALL`: they do not fit, although [`read`] was given enough room.
    pub(crate) fn write(&self, output: &mut [u8]) -> Result<usize, NtStatus> {
        let count = self.count() as usize;
        let (header, answers) = output
            .get_mut(..answer_length(count))
            .and_then(|output| output.split_at_mut_checked(size_of::<ApplyAnswer>()))
            .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        header.copy_from_slice(self.wire_answer().as_bytes());
        let rooms = answers.chunks_exact_mut(size_of::<EntryAnswer>());
        for (step, room) in self.steps().zip(rooms) {
            step.write_answer(room);
        }
        Ok(answer_length(count))
    }

    /// The answer as the contract has it.
    pub(crate) fn wire_answer(&self) -> ApplyAnswer {
        let answer = self.answer();
        ApplyAnswer {
            outcome: match answer.outcome {
                BatchOutcome::Done => OUTCOME_DONE,
                BatchOutcome::Failed => OUTCOME_FAILED,
                BatchOutcome::RolledBack => OUTCOME_ROLLED_BACK,
                BatchOutcome::PartiallyRolledBack => OUTCOME_PARTIALLY_ROLLED_BACK,
                BatchOutcome::Cancelled => OUTCOME_CANCELLED,
                BatchOutcome::WouldSucceed => OUTCOME_WOULD_SUCCEED,
                BatchOutcome::WouldFail => OUTCOME_WOULD_FAIL,
            },
            failed_index: answer.failed_index.unwrap_or(NO_ENTRY),
            applied: answer.applied,
            count: self.count(),
            undo_failures: answer.undo_failures,
            ended: answer.ended,
            end_status: answer.end_status.map_or(0, NtStatus::bits),
            reserved: 0,
        }
    }
}

impl BatchStep {
    /// Writes the answer into as many bytes as it has. Few answers have a row, and one without is not
    /// put together elsewhere first.
    fn write_answer(&self, room: &mut [u8]) {
        match self.answer.old {
            None => room.copy_from_slice(self.numbers_of_answer().as_bytes()),
            Some(_) => room.copy_from_slice(self.wire_answer().as_bytes()),
        }
    }

    /// The answer as the contract has it.
    pub(crate) fn wire_answer(&self) -> EntryAnswer {
        EntryAnswer {
            old: self.answer.old.map(Wire::canonical).unwrap_or_default(),
            ..self.numbers_of_answer()
        }
    }

    /// The answer without its row.
    fn numbers_of_answer(&self) -> EntryAnswer {
        let answer = &self.answer;
        EntryAnswer {
            status: answer.status.bits(),
            cause: answer.cause.0,
            limit: answer.limit,
            result: match answer.effect {
                EntryEffect::None => ENTRY_RESULT_NONE,
                EntryEffect::Created => ENTRY_RESULT_CREATED,
                EntryEffect::Replaced => ENTRY_RESULT_REPLACED,
                EntryEffect::Unchanged => ENTRY_RESULT_UNCHANGED,
                EntryEffect::Deleted => ENTRY_RESULT_DELETED,
                EntryEffect::Changed => ENTRY_RESULT_CHANGED,
                EntryEffect::RolledBack => ENTRY_RESULT_ROLLED_BACK,
                EntryEffect::RollbackFailed => ENTRY_RESULT_ROLLBACK_FAILED,
            },
            undo_status: answer.undo_status.map_or(0, NtStatus::bits),
            ..EntryAnswer::default()
        }
    }
}

/// Length of the answer to so many entries.
const fn answer_length(count: usize) -> usize {
    count
        .saturating_mul(size_of::<EntryAnswer>())
        .saturating_add(size_of::<ApplyAnswer>())
}

#[cfg(test)]
impl EntryBatch<'_> {
    /// A batch of these entries.
    pub(crate) fn of(flags: u32, entries: &[ApplyEntry]) -> Self {
        let count = u32::try_from(entries.len()).unwrap();
        let input = encoded(flags, count, entries);
        read(&input, usize::MAX, BatchMemory::default()).unwrap()
    }

    /// The answer to one entry.
    pub(crate) fn entry_answer(&self, index: usize) -> EntryAnswer {
        self.steps().nth(index).unwrap().wire_answer()
    }
}

/// An input of `APPLY` that says that it has `count` entries.
#[cfg(test)]
pub(crate) fn encoded(flags: u32, count: u32, entries: &[ApplyEntry]) -> std::vec::Vec<u8> {
    let header = ApplyHeader {
        flags,
        count,
        reserved: 0,
    };
    [header.as_bytes(), entries.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use abi::apply::OUTCOME_DONE;

    use super::*;
    use crate::test_driver::ROUTE;

    const ENTRY: ApplyEntry = ApplyEntry {
        operation: ENTRY_CREATE,
        flags: 0,
        row: ROUTE,
        expected: zerocopy::transmute!([0_u8; 104]),
    };

    fn read(input: &[u8], output_length: usize) -> Result<EntryBatch<'static>, NtStatus> {
        super::read(input, output_length, BatchMemory::default())
    }

    fn status_of(flags: u32, entry: ApplyEntry) -> Result<(), NtStatus> {
        read(&encoded(flags, 1, &[entry]), usize::MAX).map(|_| ())
    }

    #[test]
    fn a_batch_without_entries_is_valid() {
        let batch = read(&encoded(0, 0, &[]), 32).unwrap();
        assert_eq!(batch.wire_answer().outcome, OUTCOME_DONE);
        assert_eq!(batch.write(&mut [0xA5; 32]), Ok(32));
    }

    #[test]
    fn the_input_has_as_many_entries_as_its_header_says() {
        let whole = encoded(0, 2, &[ENTRY, ENTRY]);
        assert!(read(&whole, usize::MAX).is_ok());
        for length in [0, 15, 16, whole.len() - 1] {
            let short = read(&whole[..length], usize::MAX).err();
            assert_eq!(short, Some(NtStatus::INVALID_BUFFER_SIZE), "{length}");
        }
        for count in [0, 1, 3, u32::MAX] {
            let other = read(&encoded(0, count, &[ENTRY, ENTRY]), usize::MAX).err();
            assert_eq!(other, Some(NtStatus::INVALID_BUFFER_SIZE), "{count}");
        }
    }

    #[test]
    fn a_batch_is_about_leases_if_one_of_its_entries_is() {
        let with = |flags| ApplyEntry {
            operation: ENTRY_UPSERT,
            flags,
            ..ENTRY
        };
        let guarded = with(ENTRY_LEASE | ENTRY_GUARD);
        for (flags, entries, expected) in [
            (0, &[with(0), with(0)][..], (false, false)),
            (0, &[with(0), with(ENTRY_LEASE)], (true, false)),
            (0, &[guarded, with(0)], (true, true)),
            (APPLY_DECLARED_SET, &[], (true, false)),
        ] {
            let batch = EntryBatch::of(flags, entries);
            assert_eq!((batch.has_leases(), batch.has_guards()), expected);
        }
    }

    #[test]
    fn an_input_that_is_not_aligned_is_refused() {
        let aligned = encoded(0, 1, &[ENTRY]);
        let moved = [&[0; 1][..], &aligned].concat();
        let refused = read(&moved[1..], usize::MAX).err();
        assert_eq!(refused, Some(NtStatus::INVALID_USER_BUFFER));
    }

    #[test]
    fn an_output_too_small_for_the_answers_is_refused() {
        let input = encoded(0, 2, &[ENTRY, ENTRY]);
        assert_eq!(read(&input, 287).err(), Some(NtStatus::BUFFER_TOO_SMALL));
        let batch = read(&input, 288).unwrap();
        assert_eq!(batch.write(&mut [0; 300]), Ok(288));
    }

    #[test]
    fn more_entries_than_the_limit_are_refused() {
        let over = BATCH_ENTRIES_MAX + 1;
        let entries = std::vec![ENTRY; over as usize];
        let refused = read(&encoded(0, over, &entries), usize::MAX).err();
        assert_eq!(refused, Some(NtStatus::INVALID_PARAMETER));
        let limit = &entries[..BATCH_ENTRIES_MAX as usize];
        assert!(read(&encoded(0, BATCH_ENTRIES_MAX, limit), usize::MAX).is_ok());
    }

    #[test]
    fn unknown_flags_and_operations_are_refused() {
        let with = |operation, flags| ApplyEntry {
            operation,
            flags,
            ..ENTRY
        };
        assert_eq!(status_of(0, ENTRY), Ok(()));
        for (batch, entry) in [
            (1 << 5, ENTRY),
            (APPLY_MORE, ENTRY),
            (APPLY_CONTINUES, ENTRY),
            (APPLY_DECLARED_SET, ENTRY),
            (APPLY_DECLARED_SET, with(ENTRY_UPSERT, 0)),
            (
                APPLY_DECLARED_SET | APPLY_MORE | APPLY_DRY_RUN,
                with(ENTRY_UPSERT, ENTRY_LEASE),
            ),
            (
                APPLY_DECLARED_SET | APPLY_CONTINUES | APPLY_DRY_RUN,
                with(ENTRY_UPSERT, ENTRY_LEASE),
            ),
            (0, with(0, 0)),
            (0, with(6, 0)),
            (0, with(ENTRY_CREATE, 8)),
            (0, with(ENTRY_CREATE, ENTRY_SHARE)),
            (0, with(ENTRY_CREATE, ENTRY_GUARD)),
            (0, with(ENTRY_DELETE, ENTRY_LEASE | ENTRY_GUARD)),
        ] {
            let refused = status_of(batch, entry);
            assert_eq!(
                refused,
                Err(NtStatus::INVALID_PARAMETER),
                "{batch} {entry:?}"
            );
        }
    }

    #[test]
    fn bytes_without_a_meaning_must_be_zero() {
        let input = encoded(0, 1, &[ENTRY]);
        let compare = encoded(
            0,
            1,
            &[ApplyEntry {
                operation: ENTRY_COMPARE_AND_SET,
                ..ENTRY
            }],
        );
        let set = |mut input: Vec<u8>, at: usize| {
            input[at] = 1;
            read(&input, usize::MAX).map(|_| ())
        };
        let unused_expectation = 16 + 112;
        for at in [8, 16 + 8 + 41, 16 + 8 + 73, unused_expectation] {
            let refused = set(input.clone(), at);
            assert_eq!(refused, Err(NtStatus::INVALID_USER_BUFFER), "byte {at}");
        }
        assert_eq!(set(compare, unused_expectation), Ok(()));
    }
}
