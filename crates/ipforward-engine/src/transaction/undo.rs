//! Undoing a batch, its last entry first.

use abi::NtStatus;

use super::batch::{BatchStep, EntryBatch, EntryEffect};
use super::context::Transaction;
use super::lease_change::LeaseChange;
use crate::alloc::assert_live;
use crate::network_stack::NetworkStack;

/// How often undoing an entry is tried if the stack has no memory.
const ATTEMPTS: u32 = 3;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Undoes the changes of a batch.
    pub(super) fn undo(&mut self, batch: &mut EntryBatch<'_>) {
        let mut exactly = true;
        for step in batch.steps.iter_mut().rev() {
            let lease_change = step.lease_change.take();
            match self.undo_route(step) {
                Ok(()) => {
                    assert_live(lease_change.undo(self.leases, exactly));
                    if step.answer.status.is_success() {
                        step.answer.effect = EntryEffect::RolledBack;
                    }
                }
                Err(status) => {
                    // The lease table must match the route table.
                    assert_live(lease_change.commit(self.leases));
                    exactly = false;
                    step.answer.effect = EntryEffect::RollbackFailed;
                    step.answer.undo_status = Some(status);
                    batch.answer.undo_failures = batch.answer.undo_failures.saturating_add(1);
                }
            }
        }
    }

    /// Undoes a dry run's changes of the lease table.
    pub(super) fn undo_leases(&mut self, batch: &mut EntryBatch<'_>) {
        let steps = batch.steps.iter_mut().rev();
        let changed = steps.filter(|step| step.lease_change != LeaseChange::None);
        changed.for_each(|step| {
            assert_live(step.lease_change.take().undo(self.leases, true));
        });
    }

    /// Undoes one change of the route table, in its compartment.
    fn undo_route(&mut self, step: &BatchStep) -> Result<(), NtStatus> {
        let compartment = step.compartment;
        let mut attempt = || {
            self.in_compartment(compartment, |here| here.try_to_undo_route(step))
                .flatten()
        };
        let mut outcome = attempt();
        for _ in 1..ATTEMPTS {
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

    fn try_to_undo_route(&mut self, step: &BatchStep) -> Result<(), NtStatus> {
        let row = &step.entry.row;
        let old = step.answer.old.unwrap_or_default();
        match step.answer.effect {
            EntryEffect::Created => {
                // If the route is absent, the deletion finds out.
                self.check_unchanged(step).or_else(absent_is_fine)?;
                self.stack.delete(row).or_else(absent_is_fine)
            }
            EntryEffect::Replaced | EntryEffect::Changed => {
                self.check_unchanged(step)?;
                self.stack.set(&old)
            }
            EntryEffect::Deleted => self.stack.create(&old),
            EntryEffect::None
            | EntryEffect::Unchanged
            | EntryEffect::RolledBack
            | EntryEffect::RollbackFailed => Ok(()),
        }
    }

    /// Fails if another program has changed the route since the entry wrote it.
    fn check_unchanged(&self, step: &BatchStep) -> Result<(), NtStatus> {
        let Some(written) = step.written else {
            return Ok(());
        };
        let there = self.stack.get(&step.entry.row)?;
        if written.is_left_in(&there, step.answer.old.as_ref()) {
            Ok(())
        } else {
            Err(NtStatus::REVISION_MISMATCH)
        }
    }
}

/// A route that is to be deleted may be absent already.
const fn absent_is_fine(status: NtStatus) -> Result<(), NtStatus> {
    if status.is_absent() {
        Ok(())
    } else {
        Err(status)
    }
}
