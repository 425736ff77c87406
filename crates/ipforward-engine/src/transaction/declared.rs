//! Declared sets: a handle says which routes it wants to hold, and what it holds beside them ends.
//!
//! Each page is done as it comes, and marks what it finds. With the last page all that is not
//! marked ends: so routes are added first and removed last, a set of any size needs no memory of
//! its own, and an equal set writes nothing. If anything failed, nothing ends: what the failed
//! entry was to cover may still be covered by what was to go.
//!
//! A page says whether it goes on with a set or begins one, so that nobody has to finish a set that
//! broke off, and no page is ever taken for one of another set.

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE, ENTRY_DELETE,
    ENTRY_LEASE, NO_ENTRY,
};
use abi::{ApplyEntry, NtStatus};

use super::Run;
use super::batch::{Batch, Step};
use super::entry::Transaction;
use super::undo::Record;
use crate::alloc::NONE;
use crate::leases::records::DeclaredSet;
use crate::network_stack::NetworkStack;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Begins a declared set, or goes on with one.
    ///
    /// # Errors
    ///
    /// `STATUS_REQUEST_OUT_OF_SEQUENCE`: there is none to go on with; or there is one, and a dry
    /// run would lose sight of what is in it.
    pub(super) fn begin_set(&mut self, batch: &Batch) -> Result<(), NtStatus> {
        if !batch.is(APPLY_DECLARED_SET) || self.holder == NONE {
            return Ok(());
        }
        let continues = batch.is(APPLY_CONTINUES);
        let rehearses = batch.is(APPLY_DRY_RUN);
        let holder = self.leases.holder_mut(self.holder);
        let open = holder.set != DeclaredSet::Closed;
        if (continues && !open) || (rehearses && open) {
            return Err(NtStatus::REQUEST_OUT_OF_SEQUENCE);
        }
        if !continues {
            holder.epoch = holder.epoch.wrapping_add(1);
        }
        if !continues && !rehearses {
            holder.set = DeclaredSet::Open;
        }
        Ok(())
    }

    /// Ends what the handle holds and has not declared, after the last page of a set.
    pub(super) fn end_the_others(
        &mut self,
        batch: &mut Batch,
        run: &mut Run,
        cancelled: &dyn Fn() -> bool,
    ) {
        let failed = self.leases.holder(self.holder).set == DeclaredSet::Failed;
        if batch.is(APPLY_MORE) || failed || run.failed_index != NO_ENTRY || self.holder == NONE {
            return;
        }
        let epoch = self.leases.holder(self.holder).epoch;
        let mut owner = self.leases.holder(self.holder).owners().last();
        while owner != NONE {
            let next = self.leases.before(owner);
            if self.leases.owner(owner).epoch() != epoch {
                if cancelled() {
                    run.cancelled = true;
                    return;
                }
                if let Err(status) = self.end_one(batch, owner) {
                    if !run.end_failed {
                        batch.answer.end_status = status.bits();
                    }
                    run.end_failed = true;
                    if batch.is(APPLY_ATOMIC) {
                        return;
                    }
                }
            }
            owner = next;
        }
    }

    /// Ends one lease: by a step of its own, which is kept for as long as it may be undone.
    fn end_one(&mut self, batch: &mut Batch, owner: u32) -> Result<(), NtStatus> {
        let lease = self.leases.owner(owner).lease();
        let mut step = Step::new(ApplyEntry {
            operation: ENTRY_DELETE,
            flags: ENTRY_LEASE,
            row: self.leases.lease(lease).route().row(),
            ..ApplyEntry::default()
        });
        if !batch.is(APPLY_ATOMIC) && !batch.is(APPLY_DRY_RUN) {
            let done = self.execute(&mut step);
            core::mem::replace(&mut step.record, Record::None).commit(self.leases);
            batch.ended.count(step.answer.result);
            if done {
                batch.answer.ended = batch.answer.ended.saturating_add(1);
            }
            return NtStatus::new(step.answer.status).into_result();
        }
        let index = batch.steps.len();
        batch.steps.push(step)?;
        let Some(step) = batch.steps.get_mut(index) else {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        };
        self.execute(step);
        NtStatus::new(step.answer.status).into_result()?;
        if batch.is(APPLY_ATOMIC)
            && let Some(step) = batch.steps.get_mut(index)
        {
            step.made = self.made(step);
        }
        Ok(())
    }

    /// Keeps a set open for its next page, or closes it.
    pub(super) fn finish_set(&mut self, batch: &Batch, run: Run) {
        if !batch.is(APPLY_DECLARED_SET) || self.holder == NONE {
            return;
        }
        let failed = run.failed_index != NO_ENTRY;
        let given_up = run.cancelled || (failed && batch.is(APPLY_ATOMIC));
        let holder = self.leases.holder_mut(self.holder);
        holder.set = match holder.set {
            _ if given_up || !batch.is(APPLY_MORE) => DeclaredSet::Closed,
            _ if failed => DeclaredSet::Failed,
            before => before,
        };
    }
}
