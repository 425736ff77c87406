//! Declared sets: a handle declares which routes it wants to hold, and its other leases end.
//!
//! The driver executes each page when it arrives, and marks the leases that the page contains.
//! After the last page all leases without the mark end. So the driver adds routes first and removes
//! them last, a set of any size needs little memory of its own, and an equal set writes nothing: the
//! driver reads its routes with one call of the stack, where that is worth it. If an
//! entry failed, no lease ends: a route that the set omits may still carry the traffic of the
//! failed entry.
//!
//! A flag of the page says whether it continues a set or begins one. So an incomplete set needs no
//! cleanup, and no page is mistaken for a page of another set.

use abi::{AddressFamily, NtStatus};

use super::batch::{
    BatchEntry, BatchOptions, BatchStep, EntryBatch, EntryOperation, LeaseMode, SetPage,
};
use super::context::Transaction;
use super::route_snapshot::RouteSnapshot;
use super::run::BatchRun;
use crate::alloc::{StaleId, assert_live};
use crate::leases::records::{DeclaredSet, HandleEntry, HandleEntryId, LeaseRefId};
use crate::network_stack::NetworkStack;
use crate::stop::StopCheck;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Begins a declared set, or continues one.
    ///
    /// # Errors
    ///
    /// `STATUS_REQUEST_OUT_OF_SEQUENCE`: there is no set to continue; or there is one, and a dry
    /// run would lose its marks.
    pub(super) fn begin_set(&mut self, options: BatchOptions) -> Result<(), NtStatus> {
        let (Some(page), Some(handle)) = (options.declared_set, self.handle) else {
            return Ok(());
        };
        let handle = self.leases.handle_mut(handle)?;
        let is_open = handle.set != DeclaredSet::Closed;
        if (page.continues && !is_open) || (options.dry_run && is_open) {
            return Err(NtStatus::REQUEST_OUT_OF_SEQUENCE);
        }
        if !page.continues {
            handle.epoch = handle.epoch.wrapping_add(1);
            if !options.dry_run {
                handle.set = DeclaredSet::Open;
            }
        }
        Ok(())
    }

    /// Reads the route table for a page of so many entries, if that costs less than to read the route
    /// of each: most of them are leased, as in a set that is declared again, and the table is not much
    /// larger, as far as the driver knows. Without a table each entry reads its route.
    ///
    /// It is not inlined: its variables would be on the stack of every batch.
    #[inline(never)]
    pub(super) fn read_routes_of_set(&mut self, options: BatchOptions, entries: u32) {
        let is_known_as_small = self.leases.route_table_size.is_worth_reading(entries);
        if options.declared_set.is_none() || !is_known_as_small || self.leases_held() < entries / 2
        {
            return;
        }
        let Ok(table) = self.stack.routes(AddressFamily::UNSPECIFIED) else {
            return;
        };
        let size = &mut self.leases.route_table_size;
        size.observe(table.as_ref().len());
        if size.is_worth_reading(entries) {
            self.snapshot = RouteSnapshot::new(table).ok();
        }
    }

    /// Number of leases that the handle holds.
    fn leases_held(&self) -> u32 {
        let handle = self
            .handle
            .and_then(|handle| self.leases.handle(handle).ok());
        handle.map_or(0, HandleEntry::lease_count)
    }

    /// Ends the leases of the handle that are not in the declared set, after its last page.
    pub(super) fn end_undeclared(
        &mut self,
        batch: &mut EntryBatch<'_>,
        run: &mut BatchRun,
        stop: StopCheck<'_>,
    ) {
        let is_last = batch
            .options()
            .declared_set
            .is_some_and(|page| !page.more_follow);
        if let Some(handle) = self.handle
            && is_last
            && run.failed_index.is_none()
        {
            assert_live(self.try_to_end_undeclared(handle, batch, run, stop));
        }
    }

    fn try_to_end_undeclared(
        &mut self,
        handle: HandleEntryId,
        batch: &mut EntryBatch<'_>,
        run: &mut BatchRun,
        stop: StopCheck<'_>,
    ) -> Result<(), StaleId> {
        let record = self.leases.handle(handle)?;
        if record.set == DeclaredSet::Failed {
            return Ok(());
        }
        let epoch = record.epoch;
        let mut next = record.refs().last();
        while let Some(here) = next {
            next = self.leases.taken_before(here)?;
            if self.leases.lease_ref(here)?.epoch() == epoch {
                continue;
            }
            if stop().is_some() {
                run.stopped = true;
                return Ok(());
            }
            if let Err(status) = self.end_one(batch, here) {
                batch.answer.end_status.get_or_insert(status);
                run.end_failed = true;
                if batch.options().atomic {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Ends one lease, by a step of its own, in the compartment of the lease. The step is kept for as
    /// long as it may be undone.
    fn end_one(
        &mut self,
        batch: &mut EntryBatch<'_>,
        lease_ref: LeaseRefId,
    ) -> Result<(), NtStatus> {
        let lease = self.leases.lease_ref(lease_ref)?.lease();
        let key = *self.leases.lease(lease)?.key();
        let entry = BatchEntry {
            operation: EntryOperation::Delete,
            lease: Some(LeaseMode {
                shared: false,
                guarded: false,
            }),
            row: key.row(),
        };
        let compartment = Some(key.compartment());
        let BatchOptions {
            atomic, dry_run, ..
        } = batch.options();
        if !atomic && !dry_run {
            let mut step = BatchStep {
                compartment,
                ..BatchStep::new(entry)
            };
            let done = self.execute(&mut step);
            step.lease_change.take().commit(self.leases)?;
            batch.count_change(step.answer.effect);
            if done {
                batch.answer.ended = batch.answer.ended.saturating_add(1);
            }
            return step.answer.status.into_result();
        }
        let index = batch.steps.len();
        batch.push_end(entry)?;
        let step = batch
            .steps
            .get_mut(index)
            .ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        step.compartment = compartment;
        self.execute(step);
        step.answer.status.into_result()?;
        if atomic {
            step.written = self.written(step);
        }
        Ok(())
    }

    /// Keeps a set open for its next page, or closes it.
    pub(super) fn finish_set(&mut self, options: BatchOptions, run: BatchRun) {
        let (Some(page), Some(handle)) = (options.declared_set, self.handle) else {
            return;
        };
        if let Some(handle) = assert_live(self.leases.handle_mut(handle)) {
            handle.set = set_after(page, options.atomic, run, handle.set);
        }
    }
}

/// The progress of a set after one of its pages.
const fn set_after(page: SetPage, atomic: bool, run: BatchRun, before: DeclaredSet) -> DeclaredSet {
    let failed = run.failed_index.is_some();
    if run.stopped || (failed && atomic) || !page.more_follow {
        DeclaredSet::Closed
    } else if failed {
        DeclaredSet::Failed
    } else {
        before
    }
}
