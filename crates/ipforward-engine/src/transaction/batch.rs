//! A batch: its entries and their results.

use abi::{Cause, MibIpForwardRow2, NtStatus};
use allocator_api2::alloc::Global;

use super::changed_routes::BYTES_PER_CHANGED_ROUTE;
use super::lease_change::LeaseChange;
use crate::alloc::ChunkedVec;
use crate::compartment::CompartmentId;
use crate::memory::{BatchMemory, Bytes};
use crate::route_attributes::RouteAttributes;
use crate::written_route::WrittenRoute;

/// The entries of an `APPLY`, and the answers to them.
#[derive(Debug)]
pub(crate) struct EntryBatch<'a> {
    options: BatchOptions,
    count: u32,
    memory: BatchMemory<'a>,
    leases: BatchLeases,
    pub(super) steps: ChunkedVec<BatchStep>,
    pub(super) answer: BatchAnswer,
    /// Final changes. [`count_changes`](Self::count_changes) adds those of the steps.
    changes: ChangeCounts,
}

/// How a batch is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchOptions {
    /// All entries are done, or none.
    pub(crate) atomic: bool,
    /// Nothing is changed.
    pub(crate) dry_run: bool,
    /// The entries are a page of the set of leases that the handle wants to hold.
    pub(crate) declared_set: Option<SetPage>,
}

impl BatchOptions {
    /// Whether changes of other handles may come between the entries of the batch. They may not if
    /// its entries belong together: in an atomic batch, a page of a declared set, and a dry run.
    pub(super) const fn lets_others_in(self) -> bool {
        !self.atomic && !self.dry_run && self.declared_set.is_none()
    }

    /// The memory of one entry.
    const fn bytes_per_entry(self) -> Bytes {
        let step = Bytes::new(size_of::<BatchStep>());
        if self.dry_run {
            step.plus(BYTES_PER_CHANGED_ROUTE)
        } else {
            step
        }
    }
}

/// Which leases the entries of a batch name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLeases {
    /// True if an entry is about a lease.
    pub(crate) any: bool,
    /// True if an entry is about a guarded lease.
    pub(crate) guarded: bool,
}

/// One page of a declared set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetPage {
    /// It continues the set of the page before.
    pub(crate) continues: bool,
    /// Another page follows.
    pub(crate) more_follow: bool,
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchEntry {
    pub(crate) operation: EntryOperation,
    /// How the handle holds the route, if the entry is about a lease.
    pub(crate) lease: Option<LeaseMode>,
    pub(crate) row: MibIpForwardRow2,
}

/// The change that an entry requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryOperation {
    Create,
    Set,
    /// Delete the route, or end its lease.
    Delete,
    /// Create the route, or change it.
    Upsert,
    /// Change the route if it still has these attributes.
    CompareAndSet(RouteAttributes),
}

/// How a handle holds a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseMode {
    pub(crate) shared: bool,
    pub(crate) guarded: bool,
}

/// One entry and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchStep {
    pub(super) entry: BatchEntry,
    /// The compartment to act in; `None` for that of the caller.
    pub(super) compartment: Option<CompartmentId>,
    pub(crate) answer: StepAnswer,
    /// The change of the lease table.
    pub(super) lease_change: LeaseChange,
    /// The route as it was written, in an atomic batch; `None` if the entry has written none.
    pub(super) written: Option<WrittenRoute>,
}

/// The answer to one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepAnswer {
    pub(crate) status: NtStatus,
    /// Why it failed.
    pub(crate) cause: Cause,
    /// The largest value that would be right, where the cause has one.
    pub(crate) limit: u32,
    pub(crate) effect: EntryEffect,
    /// Why it could not be undone.
    pub(crate) undo_status: Option<NtStatus>,
    /// The route before, or the route that is the reason of the failure.
    pub(crate) old: Option<MibIpForwardRow2>,
}

/// What an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryEffect {
    None,
    Created,
    Replaced,
    Unchanged,
    Deleted,
    Changed,
    RolledBack,
    RollbackFailed,
}

/// The answer to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchAnswer {
    pub(crate) outcome: BatchOutcome,
    /// The first entry that failed, or before which the batch was cancelled.
    pub(crate) failed_index: Option<u32>,
    /// Number of entries that succeeded and were not undone.
    pub(crate) applied: u32,
    /// Number of changes that could not be undone.
    pub(crate) undo_failures: u32,
    /// Number of leases that ended because they are not in the declared set.
    pub(crate) ended: u32,
    /// Why the first of them could not be ended.
    pub(crate) end_status: Option<NtStatus>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchOutcome {
    Done,
    Failed,
    RolledBack,
    PartiallyRolledBack,
    Cancelled,
    WouldSucceed,
    WouldFail,
}

/// Numbers of routes that a batch created, changed and deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangeCounts {
    pub(crate) created: u64,
    pub(crate) set: u64,
    pub(crate) deleted: u64,
}

impl ChangeCounts {
    /// Counts what entries did and did not undo. Returns how many of them succeeded and were not undone.
    fn count_all<'a>(&mut self, steps: impl Iterator<Item = &'a BatchStep>) -> u32 {
        steps.fold(0_u32, |applied, BatchStep { answer, .. }| {
            self.count(answer.effect);
            let is_undone = answer.effect == EntryEffect::RolledBack;
            let is_applied = answer.status.is_success() && !is_undone;
            applied.wrapping_add(is_applied.into())
        })
    }

    /// Counts what one entry did. The counts are sums rather than a counter that is chosen, because
    /// every entry is counted.
    fn count(&mut self, effect: EntryEffect) {
        let is_set = matches!(effect, EntryEffect::Replaced | EntryEffect::Changed);
        for (counter, is_counted) in [
            (&mut self.created, effect == EntryEffect::Created),
            (&mut self.set, is_set),
            (&mut self.deleted, effect == EntryEffect::Deleted),
        ] {
            *counter = counter.wrapping_add(is_counted.into());
        }
    }
}

impl BatchEntry {
    /// Whether the driver would have to guard the route.
    pub(super) fn takes_guard(&self) -> bool {
        self.operation != EntryOperation::Delete && self.lease.is_some_and(|mode| mode.guarded)
    }
}

impl BatchStep {
    /// A step whose entry is not decoded yet.
    fn empty() -> Self {
        Self::new(BatchEntry {
            operation: EntryOperation::Create,
            lease: None,
            row: MibIpForwardRow2::default(),
        })
    }

    pub(super) const fn new(entry: BatchEntry) -> Self {
        Self {
            entry,
            compartment: None,
            answer: StepAnswer::without_effect(NtStatus::CANCELLED),
            lease_change: LeaseChange::None,
            written: None,
        }
    }

    /// Answers an entry that succeeded. Returns true.
    pub(super) const fn succeed(&mut self, effect: EntryEffect) -> bool {
        self.answer.status = NtStatus::SUCCESS;
        self.answer.effect = effect;
        true
    }
}

impl StepAnswer {
    /// The answer to an entry without an effect.
    pub(super) const fn without_effect(status: NtStatus) -> Self {
        Self {
            status,
            cause: Cause::NONE,
            limit: 0,
            effect: EntryEffect::None,
            undo_status: None,
            old: None,
        }
    }
}

impl<'a> EntryBatch<'a> {
    /// A batch of `count` entries, which are [filled](Self::fill) next.
    ///
    /// # Errors
    ///
    /// `STATUS_QUOTA_EXCEEDED`: batches have too much memory; `STATUS_INSUFFICIENT_RESOURCES`: there is
    /// none.
    pub(crate) fn new(
        options: BatchOptions,
        leases: BatchLeases,
        count: u32,
        mut memory: BatchMemory<'a>,
    ) -> Result<Self, NtStatus> {
        memory.take(options.bytes_per_entry().times(count))?;
        Ok(Self {
            options,
            count,
            memory,
            leases,
            steps: ChunkedVec::filled(Global, count as usize, &BatchStep::empty())?,
            answer: BatchAnswer {
                outcome: BatchOutcome::Done,
                failed_index: None,
                applied: 0,
                undo_failures: 0,
                ended: 0,
                end_status: None,
            },
            changes: ChangeCounts::default(),
        })
    }

    /// Has `decode` write what each of the entries requests.
    ///
    /// # Errors
    ///
    /// The first one of `decode`.
    pub(crate) fn fill<Encoded>(
        &mut self,
        entries: &[Encoded],
        decode: impl Fn(&Encoded, &mut BatchEntry) -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        for (encoded, step) in entries.iter().zip(self.steps.iter_mut()) {
            decode(encoded, &mut step.entry)?;
        }
        Ok(())
    }

    /// Adds an entry that ends a lease of a declared set.
    ///
    /// # Errors
    ///
    /// `STATUS_QUOTA_EXCEEDED` or `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub(super) fn push_end(&mut self, entry: BatchEntry) -> Result<(), NtStatus> {
        self.memory.take(self.options.bytes_per_entry())?;
        self.steps.push(BatchStep::new(entry))
    }

    /// Number of entries, without those that were added to end leases of a declared set.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn options(&self) -> BatchOptions {
        self.options
    }

    pub(crate) const fn answer(&self) -> &BatchAnswer {
        &self.answer
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &BatchStep> {
        self.steps.iter()
    }

    /// Whether an entry is about a lease.
    pub(crate) const fn has_leases(&self) -> bool {
        self.leases.any || self.options.declared_set.is_some()
    }

    /// Whether an entry is about a guarded lease.
    pub(crate) const fn has_guards(&self) -> bool {
        self.leases.guarded
    }

    /// Counts what an entry changed that is not among the steps.
    pub(super) fn count_change(&mut self, effect: EntryEffect) {
        self.changes.count(effect);
    }

    /// Counts what the entries did and did not undo: once, at the end of the batch.
    pub(super) fn count_changes(&mut self) {
        let mut changes = self.changes;
        let count = self.count as usize;
        self.answer.applied = changes.count_all(self.steps.iter().take(count));
        let ended = changes.count_all(self.steps.iter().skip(count));
        self.answer.ended = self.answer.ended.saturating_add(ended);
        if !self.options.dry_run {
            self.changes = changes;
        }
    }

    /// What the batch changed and did not undo.
    pub(crate) const fn changes(&self) -> ChangeCounts {
        self.changes
    }
}
