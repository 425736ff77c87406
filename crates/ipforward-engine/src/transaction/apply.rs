//! Many changes at once: done in order, and undone in reverse if the caller wants all or none.

use core::ops::ControlFlow;

use abi::NtStatus;

use super::batch::{
    BatchOptions, BatchOutcome, BatchStep, EntryBatch, EntryEffect, EntryOperation,
};
use super::context::Transaction;
use super::dry_run::DryRunStack;
use super::lease_change::LeaseChange;
use super::run::BatchRun;
use crate::alloc::assert_live;
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::stop::StopCheck;
use crate::written_route::WrittenRoute;

/// What is left of a batch after one hold of the lease-table lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing: the answers are in the batch.
    None,
    /// Entries that are executed under the next hold.
    Entries,
}

/// Executes a batch, or as much of it as is done under one hold of the lease-table lock: all of it,
/// unless [others may come between](super::batch::BatchOptions::lets_others_in) its entries. If `stop` gives a
/// reason between two entries, the batch ends there, and is undone if it is atomic.
///
/// # Errors
///
/// A page of a declared set is out of sequence, or a dry run finds no memory. Nothing is done then.
pub(crate) fn apply<Stack: NetworkStack>(
    batch: &mut EntryBatch<'_>,
    run: &mut BatchRun,
    transaction: &mut Transaction<'_, Stack>,
    stop: StopCheck<'_>,
) -> Result<Rest, NtStatus> {
    let options = batch.options();
    if options.lets_others_in() {
        transaction.run(batch, run, run.entries_per_hold, stop);
        if run.next < batch.count() && !run.stopped {
            return Ok(Rest::Entries);
        }
        summarize(batch, *run);
        return Ok(Rest::None);
    }
    let count = batch.count();
    transaction.begin_set(options)?;
    if options.dry_run {
        let handle = transaction.handle;
        let stack = &mut DryRunStack::new(&*transaction.stack, transaction.leases, count)?;
        let mut transaction = Transaction::new(stack, transaction.leases, handle);
        transaction.run(batch, run, count, stop);
        transaction.undo_leases(batch);
        summarize(batch, *run);
        return Ok(Rest::None);
    }
    transaction.read_routes_of_set(options, count);
    transaction.run(batch, run, count, stop);
    if options.atomic {
        if run.is_whole() {
            transaction.commit(batch);
        } else {
            transaction.undo(batch);
        }
    }
    transaction.finish_set(options, *run);
    summarize(batch, *run);
    Ok(Rest::None)
}

/// Ends a batch before its next entry.
pub(crate) fn stop(batch: &mut EntryBatch<'_>, mut run: BatchRun) {
    run.stop();
    summarize(batch, run);
}

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Executes the next entries in order: so many of them, or those before the first failure of an
    /// atomic batch.
    fn run(
        &mut self,
        batch: &mut EntryBatch<'_>,
        run: &mut BatchRun,
        entries: u32,
        has_to_stop: StopCheck<'_>,
    ) {
        let options = batch.options();
        let end = run.next.saturating_add(entries).min(batch.count());
        let count = end.saturating_sub(run.next);
        let steps = batch.steps.iter_mut().skip(run.next as usize);
        let ran = steps.take(count as usize).try_for_each(|step| {
            if has_to_stop().is_some() {
                run.stop();
                return ControlFlow::Break(());
            }
            self.run_step(step, run, options)
        });
        if ran.is_continue() && options.declared_set.is_some() {
            self.end_undeclared(batch, run, has_to_stop);
        }
    }

    /// Executes the next entry. The batch ends with it if it fails and the batch is atomic.
    fn run_step(
        &mut self,
        step: &mut BatchStep,
        run: &mut BatchRun,
        options: BatchOptions,
    ) -> ControlFlow<()> {
        let done = self.execute(step);
        if !done {
            run.failed_index.get_or_insert(run.next);
            if options.atomic {
                return ControlFlow::Break(());
            }
        } else if options.dry_run {
            // Its changes of the lease table are undone with the whole batch.
        } else if options.atomic {
            step.written = self.written(step);
        } else if step.lease_change != LeaseChange::None {
            assert_live(step.lease_change.take().commit(self.leases));
        }
        run.next = run.next.saturating_add(1);
        ControlFlow::Continue(())
    }

    /// The route that an entry has written.
    pub(super) fn written(&mut self, step: &BatchStep) -> Option<WrittenRoute> {
        if !matches!(
            step.answer.effect,
            EntryEffect::Created | EntryEffect::Replaced | EntryEffect::Changed
        ) {
            return None;
        }
        let lease = match step.lease_change {
            LeaseChange::Taken(lease_ref)
            | LeaseChange::TakenOver {
                taken: lease_ref, ..
            } => self.leases.lease_ref(lease_ref).ok()?.lease(),
            LeaseChange::Amended(lease, ..) => lease,
            // The end of a lease has restored the displaced row.
            _ if step.entry.operation == EntryOperation::Delete => {
                let row = &step.entry.row;
                let read = |transaction: &mut Self| transaction.stack.get(row);
                let there = self.in_compartment(step.compartment, read).flatten().ok()?;
                return Some(WrittenRoute::new(RouteAttributes::of(&there), Some(&there)));
            }
            _ => {
                let (row, old) = (&step.entry.row, step.answer.old.as_ref());
                let read = |transaction: &mut Self| transaction.read_back(row, old);
                return self.in_compartment(step.compartment, read).ok();
            }
        };
        Some(self.leases.lease(lease).ok()?.state().written)
    }

    /// Commits the batch's changes of the lease table.
    fn commit(&mut self, batch: &mut EntryBatch<'_>) {
        for step in batch.steps.iter_mut() {
            assert_live(step.lease_change.take().commit(self.leases));
        }
    }
}

/// Sums a batch up.
fn summarize(batch: &mut EntryBatch<'_>, run: BatchRun) {
    let options = batch.options();
    let failed = run.failed_index.is_some() || run.end_failed;
    batch.count_changes();
    let answer = &mut batch.answer;
    answer.failed_index = run.failed_index;
    answer.outcome = match (options.dry_run, options.atomic) {
        _ if run.stopped => BatchOutcome::Cancelled,
        (true, _) if failed => BatchOutcome::WouldFail,
        (true, _) => BatchOutcome::WouldSucceed,
        _ if !failed => BatchOutcome::Done,
        (_, false) => BatchOutcome::Failed,
        _ if answer.undo_failures > 0 => BatchOutcome::PartiallyRolledBack,
        _ => BatchOutcome::RolledBack,
    };
}
