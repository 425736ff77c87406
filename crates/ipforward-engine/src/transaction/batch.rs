//! A batch: what a caller wants, captured from its bytes, and what became of it.

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE,
    BATCH_ENTRIES_MAX, ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE,
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_REPLACED,
    ENTRY_SET, ENTRY_SHARE, ENTRY_UPSERT, NO_ENTRY,
};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, NtStatus, Wire};
use zerocopy::{FromBytes, IntoBytes};

use super::undo::Record;
use crate::alloc::ChunkedVec;
use crate::route_attributes::RouteAttributes;

/// The entries of an `APPLY`, and the answers to them.
///
/// The entries are copies: the caller's buffer is the answer's, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    flags: u32,
    count: u32,
    pub(super) steps: ChunkedVec<Step>,
    pub(super) answer: ApplyAnswer,
    /// What leases changed that ended for good, of a declared set.
    pub(super) ended: Changes,
}

/// One entry and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) entry: ApplyEntry,
    pub(super) answer: EntryAnswer,
    /// What was written into the leases for it.
    pub(super) record: Record,
    /// The route as it read back after it was written, of an atomic batch; `None` if it could not
    /// be read.
    pub(super) made: Option<RouteAttributes>,
}

impl Step {
    pub(super) fn new(entry: ApplyEntry) -> Self {
        Self {
            entry,
            answer: EntryAnswer {
                status: NtStatus::CANCELLED.bits(),
                ..EntryAnswer::default()
            },
            record: Record::None,
            made: None,
        }
    }
}

/// Routes that a batch created, changed and deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) created: u64,
    pub(crate) set: u64,
    pub(crate) deleted: u64,
}

impl Changes {
    pub(super) fn count(&mut self, result: u32) {
        let counter = match result {
            ENTRY_RESULT_CREATED => &mut self.created,
            ENTRY_RESULT_REPLACED | ENTRY_RESULT_CHANGED => &mut self.set,
            ENTRY_RESULT_DELETED => &mut self.deleted,
            _ => return,
        };
        *counter = counter.saturating_add(1);
    }
}

impl Batch {
    /// Reads a batch from the caller's bytes, whose answer may have `output_length`.
    ///
    /// # Errors
    ///
    /// - `STATUS_INVALID_BUFFER_SIZE`: the input is not a header and as many entries as it says.
    /// - `STATUS_BUFFER_TOO_SMALL`: the answers would not fit.
    /// - `STATUS_INVALID_USER_BUFFER`: a reserved byte is not zero.
    /// - `STATUS_INVALID_PARAMETER`: an unknown flag or operation, two that exclude each other, or
    ///   too many entries.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: there is no memory for the entries.
    pub fn read(input: &[u8], output_length: usize) -> Result<Self, NtStatus> {
        let (header, entries) =
            ApplyHeader::read_from_prefix(input).map_err(|_| NtStatus::INVALID_BUFFER_SIZE)?;
        let count = header.count as usize;
        if entries.len() != count.saturating_mul(size_of::<ApplyEntry>()) {
            return Err(NtStatus::INVALID_BUFFER_SIZE);
        }
        if output_length < answer_length(count) {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        if !header.reserved_is_zero() {
            return Err(NtStatus::INVALID_USER_BUFFER);
        }
        if header.count > BATCH_ENTRIES_MAX || !are_sound(header.flags) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let mut steps = ChunkedVec::new();
        for bytes in entries.chunks_exact(size_of::<ApplyEntry>()) {
            let entry =
                ApplyEntry::read_from_bytes(bytes).map_err(|_| NtStatus::INVALID_BUFFER_SIZE)?;
            check(&entry, header.flags)?;
            steps.push(Step::new(entry.canonical()))?;
        }
        let answer = ApplyAnswer {
            failed_index: NO_ENTRY,
            count: header.count,
            ..ApplyAnswer::default()
        };
        Ok(Self {
            flags: header.flags,
            count: header.count,
            steps,
            answer,
            ended: Changes::default(),
        })
    }

    /// Writes the answers. Answers how many bytes of `output` were written; every one of them was.
    ///
    /// # Errors
    ///
    /// `STATUS_BUFFER_TOO_SMALL`: they do not fit, although [`read`](Self::read) was told so.
    pub fn write(&self, output: &mut [u8]) -> Result<usize, NtStatus> {
        let count = self.count as usize;
        let (header, answers) = output
            .get_mut(..answer_length(count))
            .and_then(|output| output.split_at_mut_checked(size_of::<ApplyAnswer>()))
            .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        header.copy_from_slice(self.answer.as_bytes());
        let rooms = answers.chunks_exact_mut(size_of::<EntryAnswer>());
        for (step, room) in self.steps.iter().zip(rooms) {
            room.copy_from_slice(step.answer.canonical().as_bytes());
        }
        Ok(answer_length(count))
    }

    /// Entries, without what was added for a declared set.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn is(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Whether it has to do with leases.
    pub(crate) fn leases(&self) -> bool {
        self.is(APPLY_DECLARED_SET)
            || self
                .steps
                .iter()
                .any(|step| step.entry.flags & ENTRY_LEASE != 0)
    }

    /// Whether it has to do with guards.
    pub(crate) fn guards(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.entry.flags & ENTRY_GUARD != 0)
    }

    /// What the batch changed and did not undo.
    pub(crate) fn changes(&self) -> Changes {
        let mut changes = self.ended;
        if !self.is(APPLY_DRY_RUN) {
            for step in self.steps.iter() {
                changes.count(step.answer.result);
            }
        }
        changes
    }
}

/// Length of the answer to this many entries.
const fn answer_length(count: usize) -> usize {
    count
        .saturating_mul(size_of::<EntryAnswer>())
        .saturating_add(size_of::<ApplyAnswer>())
}

/// Whether the flags of a batch are known and go together.
const fn are_sound(flags: u32) -> bool {
    const PAGED: u32 = APPLY_MORE | APPLY_CONTINUES;
    const KNOWN: u32 = APPLY_ATOMIC | APPLY_DRY_RUN | APPLY_DECLARED_SET | PAGED;
    let page_of_a_set =
        flags & PAGED == 0 || flags & (APPLY_DECLARED_SET | APPLY_DRY_RUN) == APPLY_DECLARED_SET;
    flags & !KNOWN == 0 && page_of_a_set
}

fn check(entry: &ApplyEntry, batch: u32) -> Result<(), NtStatus> {
    const KNOWN: u32 = ENTRY_LEASE | ENTRY_SHARE | ENTRY_GUARD;
    if !entry.reserved_is_zero() {
        return Err(NtStatus::INVALID_USER_BUFFER);
    }
    let leased = entry.flags & ENTRY_LEASE != 0;
    let flags_known = entry.flags & !KNOWN == 0 && (leased || entry.flags == 0);
    let sound = match entry.operation {
        ENTRY_UPSERT => leased || batch & APPLY_DECLARED_SET == 0,
        ENTRY_CREATE | ENTRY_SET | ENTRY_COMPARE_AND_SET => batch & APPLY_DECLARED_SET == 0,
        ENTRY_DELETE => batch & APPLY_DECLARED_SET == 0 && entry.flags & !ENTRY_LEASE == 0,
        _ => false,
    };
    if flags_known && sound {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

#[cfg(test)]
impl Batch {
    /// A batch of these entries.
    pub(crate) fn of(flags: u32, entries: &[ApplyEntry]) -> Self {
        let header = ApplyHeader {
            flags,
            count: u32::try_from(entries.len()).unwrap(),
            reserved: 0,
        };
        let input = [header.as_bytes(), entries.as_bytes()].concat();
        Self::read(&input, usize::MAX).unwrap()
    }

    /// The answer.
    pub(crate) fn answer(&self) -> ApplyAnswer {
        self.answer
    }

    /// The answer to one entry.
    pub(crate) fn entry_answer(&self, index: usize) -> EntryAnswer {
        self.steps.get(index).unwrap().answer
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use abi::apply::OUTCOME_DONE;

    use super::*;
    use crate::test_stack::TestStack;

    const ENTRY: ApplyEntry = ApplyEntry {
        operation: ENTRY_CREATE,
        flags: 0,
        row: TestStack::ROUTE,
        expected: zerocopy::transmute!([0_u8; 104]),
    };

    fn bytes(flags: u32, count: u32, entries: &[ApplyEntry]) -> Vec<u8> {
        let header = ApplyHeader {
            flags,
            count,
            reserved: 0,
        };
        [header.as_bytes(), entries.as_bytes()].concat()
    }

    fn verdict(flags: u32, entry: ApplyEntry) -> Result<(), NtStatus> {
        Batch::read(&bytes(flags, 1, &[entry]), usize::MAX).map(|_| ())
    }

    #[test]
    fn a_batch_without_entries_is_a_batch() {
        let batch = Batch::read(&bytes(0, 0, &[]), 32).unwrap();
        assert_eq!(batch.answer().outcome, OUTCOME_DONE);
        assert_eq!(batch.write(&mut [0xA5; 32]), Ok(32));
    }

    #[test]
    fn the_input_is_a_header_and_as_many_entries_as_it_says() {
        let whole = bytes(0, 2, &[ENTRY, ENTRY]);
        assert!(Batch::read(&whole, usize::MAX).is_ok());
        for length in [0, 15, 16, whole.len() - 1] {
            let short = Batch::read(&whole[..length], usize::MAX);
            assert_eq!(short, Err(NtStatus::INVALID_BUFFER_SIZE), "{length}");
        }
        for count in [0, 1, 3, u32::MAX] {
            let other = Batch::read(&bytes(0, count, &[ENTRY, ENTRY]), usize::MAX);
            assert_eq!(other, Err(NtStatus::INVALID_BUFFER_SIZE), "{count}");
        }
    }

    #[test]
    fn the_answers_must_fit_before_anything_is_done() {
        let input = bytes(0, 2, &[ENTRY, ENTRY]);
        assert_eq!(Batch::read(&input, 287), Err(NtStatus::BUFFER_TOO_SMALL));
        let batch = Batch::read(&input, 288).unwrap();
        assert_eq!(batch.write(&mut [0; 300]), Ok(288));
    }

    #[test]
    fn more_entries_than_the_limit_are_refused() {
        let over = BATCH_ENTRIES_MAX + 1;
        let entries = std::vec![ENTRY; over as usize];
        let refused = Batch::read(&bytes(0, over, &entries), usize::MAX);
        assert_eq!(refused, Err(NtStatus::INVALID_PARAMETER));
        let limit = &entries[..BATCH_ENTRIES_MAX as usize];
        assert!(Batch::read(&bytes(0, BATCH_ENTRIES_MAX, limit), usize::MAX).is_ok());
    }

    #[test]
    fn unknown_flags_and_operations_are_refused() {
        let with = |operation, flags| ApplyEntry {
            operation,
            flags,
            ..ENTRY
        };
        assert_eq!(verdict(0, ENTRY), Ok(()));
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
            let refused = verdict(batch, entry);
            assert_eq!(
                refused,
                Err(NtStatus::INVALID_PARAMETER),
                "{batch} {entry:?}"
            );
        }
    }

    #[test]
    fn bytes_that_mean_nothing_must_be_zero() {
        let input = bytes(0, 1, &[ENTRY]);
        let compare = bytes(
            0,
            1,
            &[ApplyEntry {
                operation: ENTRY_COMPARE_AND_SET,
                ..ENTRY
            }],
        );
        let set = |mut input: Vec<u8>, at: usize| {
            input[at] = 1;
            Batch::read(&input, usize::MAX).map(|_| ())
        };
        let unused_expectation = 16 + 112;
        for at in [8, 16 + 8 + 41, 16 + 8 + 73, unused_expectation] {
            let refused = set(input.clone(), at);
            assert_eq!(refused, Err(NtStatus::INVALID_USER_BUFFER), "byte {at}");
        }
        assert_eq!(set(compare, unused_expectation), Ok(()));
    }
}
