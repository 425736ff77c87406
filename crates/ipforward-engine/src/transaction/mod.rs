//! Many changes at once: done in order, and undone in reverse where the caller wants all or none.

pub(crate) mod batch;
mod declared;
mod dry_run;
pub(crate) mod entry;
pub(crate) mod single;
mod undo;

use abi::NtStatus;
use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED,
    ENTRY_RESULT_DELETED, ENTRY_RESULT_REPLACED, ENTRY_RESULT_ROLLBACK_FAILED,
    ENTRY_RESULT_ROLLED_BACK, NO_ENTRY, OUTCOME_CANCELLED, OUTCOME_DONE, OUTCOME_FAILED,
    OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK, OUTCOME_WOULD_FAIL, OUTCOME_WOULD_SUCCEED,
};

use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use batch::{Batch, Step};
use dry_run::DryRunStack;
use entry::Transaction;
use undo::Record;

/// How often a step of undoing is tried, if the stack is short of memory.
const UNDO_ATTEMPTS: u32 = 3;

/// Executes a batch for a handle. What became of it is in the batch.
///
/// # Errors
///
/// A page of a declared set is out of sequence, or a dry run finds no memory. Nothing is done then.
pub(crate) fn apply<Stack: NetworkStack>(
    batch: &mut Batch,
    desk: &mut Transaction<'_, Stack>,
    cancelled: &dyn Fn() -> bool,
) -> Result<(), NtStatus> {
    desk.begin_set(batch)?;
    if batch.is(APPLY_DRY_RUN) {
        let mut desk = Transaction {
            stack: &DryRunStack::new(desk.stack),
            leases: desk.leases,
            holder: desk.holder,
        };
        let run = desk.run(batch, cancelled);
        desk.forget_all(batch);
        answer(batch, run);
        return Ok(());
    }
    let run = desk.run(batch, cancelled);
    if batch.is(APPLY_ATOMIC) {
        if run.is_whole() {
            desk.commit(batch);
        } else {
            desk.undo(batch);
        }
    }
    desk.finish_set(batch, run);
    answer(batch, run);
    Ok(())
}

/// How far a batch came.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The first entry that failed or whose turn did not come.
    failed_index: u32,
    cancelled: bool,
    /// Whether a lease that is not in the declared set could not be ended.
    end_failed: bool,
}

impl Run {
    /// Whether nothing is missing.
    const fn is_whole(self) -> bool {
        self.failed_index == NO_ENTRY && !self.cancelled && !self.end_failed
    }
}

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Does the entries in order: all of them, or those before the first failure.
    fn run(&mut self, batch: &mut Batch, cancelled: &dyn Fn() -> bool) -> Run {
        let mut run = Run {
            failed_index: NO_ENTRY,
            cancelled: false,
            end_failed: false,
        };
        let stays = !batch.is(APPLY_ATOMIC) && !batch.is(APPLY_DRY_RUN);
        let may_be_undone = batch.is(APPLY_ATOMIC) && !batch.is(APPLY_DRY_RUN);
        for index in 0..batch.count() {
            let Some(step) = batch.steps.get_mut(index as usize) else {
                break;
            };
            if cancelled() {
                run.cancelled = true;
                if run.failed_index == NO_ENTRY {
                    run.failed_index = index;
                }
                return run;
            }
            let done = self.execute(step);
            if done && stays {
                core::mem::replace(&mut step.record, Record::None).commit(self.leases);
            }
            if done && may_be_undone {
                step.made = self.made(step);
            }
            if !done && run.failed_index == NO_ENTRY {
                run.failed_index = index;
            }
            if !done && batch.is(APPLY_ATOMIC) {
                return run;
            }
        }
        if batch.is(APPLY_DECLARED_SET) {
            self.end_the_others(batch, &mut run, cancelled);
        }
        run
    }

    /// Makes final what was written into the leases.
    fn commit(&mut self, batch: &mut Batch) {
        for index in 0..batch.steps.len() {
            if let Some(step) = batch.steps.get_mut(index) {
                core::mem::replace(&mut step.record, Record::None).commit(self.leases);
            }
        }
    }

    /// Undoes what was done, the last first.
    fn undo(&mut self, batch: &mut Batch) {
        let mut exactly = true;
        for index in (0..batch.steps.len()).rev() {
            let Some(step) = batch.steps.get_mut(index) else {
                continue;
            };
            let record = core::mem::replace(&mut step.record, Record::None);
            match self.take_back(step) {
                Ok(()) => {
                    record.undo(self.leases, exactly);
                    if NtStatus::new(step.answer.status).is_success() {
                        step.answer.result = ENTRY_RESULT_ROLLED_BACK;
                    }
                }
                Err(status) => {
                    // The leases stays as the table does.
                    record.commit(self.leases);
                    exactly = false;
                    step.answer.result = ENTRY_RESULT_ROLLBACK_FAILED;
                    step.answer.undo_status = status.bits();
                    batch.answer.undo_failures = batch.answer.undo_failures.saturating_add(1);
                }
            }
        }
    }

    /// A route that an entry has written, as it reads back.
    fn made(&self, step: &Step) -> Option<RouteAttributes> {
        if !matches!(
            step.answer.result,
            ENTRY_RESULT_CREATED | ENTRY_RESULT_REPLACED | ENTRY_RESULT_CHANGED
        ) {
            return None;
        }
        let lease = match step.record {
            Record::Taken(owner) | Record::TakenOver { taken: owner, .. } => {
                self.leases.owner(owner).lease()
            }
            Record::Amended(lease, _) => lease,
            _ => {
                let there = self.stack.get(&step.entry.row).ok()?;
                return Some(RouteAttributes::of(&there));
            }
        };
        Some(self.leases.lease(lease).terms().made)
    }

    /// Refuses if somebody else has changed since what an entry has written.
    fn is_as_made(&self, step: &Step) -> Result<(), NtStatus> {
        let Some(made) = step.made else {
            return Ok(());
        };
        let there = self.stack.get(&step.entry.row)?;
        if RouteAttributes::of(&there).unchanged_since(&made) {
            Ok(())
        } else {
            Err(NtStatus::REVISION_MISMATCH)
        }
    }

    /// Takes one change of the table back.
    fn take_back(&self, step: &Step) -> Result<(), NtStatus> {
        let (row, old) = (&step.entry.row, &step.answer.old);
        let attempt = || match step.answer.result {
            ENTRY_RESULT_CREATED => {
                // That it is gone is for the deletion to say.
                self.is_as_made(step).or_else(absent_is_fine)?;
                self.stack.delete(row).or_else(absent_is_fine)
            }
            ENTRY_RESULT_REPLACED | ENTRY_RESULT_CHANGED => {
                self.is_as_made(step)?;
                self.stack.set(old)
            }
            ENTRY_RESULT_DELETED => self.stack.create(old),
            _ => Ok(()),
        };
        let mut outcome = attempt();
        for _ in 1..UNDO_ATTEMPTS {
            if !matches!(
                outcome,
                Err(NtStatus::NO_MEMORY | NtStatus::INSUFFICIENT_RESOURCES)
            ) {
                break;
            }
            outcome = attempt();
        }
        outcome
    }

    /// Takes back what a dry run wrote into the leases.
    fn forget_all(&mut self, batch: &mut Batch) {
        for index in (0..batch.steps.len()).rev() {
            if let Some(step) = batch.steps.get_mut(index) {
                core::mem::replace(&mut step.record, Record::None).undo(self.leases, true);
            }
        }
    }
}

/// A route that is to go may be gone: somebody else was faster.
const fn absent_is_fine(status: NtStatus) -> Result<(), NtStatus> {
    if status.is_absent() {
        Ok(())
    } else {
        Err(status)
    }
}

/// Sums a batch up.
fn answer(batch: &mut Batch, run: Run) {
    let failed = run.failed_index != NO_ENTRY || run.end_failed;
    batch.answer.failed_index = run.failed_index;
    batch.answer.applied = applied(batch.steps.iter().take(batch.count() as usize));
    let ended = applied(batch.steps.iter().skip(batch.count() as usize));
    batch.answer.ended = batch.answer.ended.saturating_add(ended);
    batch.answer.outcome = match (batch.is(APPLY_DRY_RUN), batch.is(APPLY_ATOMIC)) {
        _ if run.cancelled => OUTCOME_CANCELLED,
        (true, _) if failed => OUTCOME_WOULD_FAIL,
        (true, _) => OUTCOME_WOULD_SUCCEED,
        _ if !failed => OUTCOME_DONE,
        (_, false) => OUTCOME_FAILED,
        _ if batch.answer.undo_failures > 0 => OUTCOME_PARTIALLY_ROLLED_BACK,
        _ => OUTCOME_ROLLED_BACK,
    };
}

/// Entries that succeeded and were not undone.
fn applied<'a>(steps: impl Iterator<Item = &'a Step>) -> u32 {
    steps
        .filter(|step| NtStatus::new(step.answer.status).is_success())
        .filter(|step| step.answer.result != ENTRY_RESULT_ROLLED_BACK)
        .fold(0, |count: u32, _| count.saturating_add(1))
}
