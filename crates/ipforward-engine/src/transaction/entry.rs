//! One entry: its calls of the stack, and its changes of the lease table.

use abi::{Cause, MibIpForwardRow2, NtStatus};

use super::batch::{BatchEntry, BatchStep, EntryEffect, EntryOperation, LeaseMode, StepAnswer};
use super::context::Transaction;
use super::lease_change::LeaseChange;
use super::ownership::{LeasedWrite, Ownership};
use super::refused::{Refused, RefusedBecause};
use crate::alloc::{HashedKey, StaleId};
use crate::compartment::CompartmentId;
use crate::diagnose::diagnose;
use crate::leases::records::LeaseId;
use crate::leases::release::Withdrawn;
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::written_route::WrittenRoute;

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Executes one entry in its compartment. Returns true if it succeeded; otherwise it has changed
    /// nothing.
    pub(super) fn execute(&mut self, step: &mut BatchStep) -> bool {
        match step.compartment {
            Some(compartment) => self.execute_in(compartment, step),
            None => self.execute_here(step),
        }
    }

    /// It is not inlined: otherwise an entry in the caller's compartment would save its registers.
    #[inline(never)]
    fn execute_in(&mut self, compartment: CompartmentId, step: &mut BatchStep) -> bool {
        let done = self.in_compartment(Some(compartment), |here| here.execute_here(step));
        done.unwrap_or_else(|status| {
            step.answer = StepAnswer::without_effect(status);
            false
        })
    }

    fn execute_here(&mut self, step: &mut BatchStep) -> bool {
        let BatchEntry {
            operation, lease, ..
        } = &step.entry;
        let (EntryOperation::Create, None) = (operation, lease) else {
            return self.execute_other(step);
        };
        match self.create_unleased(step) {
            Ok(effect) => step.succeed(effect),
            Err(status) => self.refuse(step, &status.into()),
        }
    }

    /// Executes an entry other than a creation without a lease. It is not inlined: otherwise such a
    /// creation would save its registers.
    #[inline(never)]
    fn execute_other(&mut self, step: &mut BatchStep) -> bool {
        match self.execute_operation(step) {
            Ok(effect) => step.succeed(effect),
            Err(refused) => self.refuse(step, &refused),
        }
    }

    fn execute_operation(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        if step.entry.takes_guard() && !self.stack.is_notified() {
            return Err(Refused {
                status: NtStatus::NOT_SUPPORTED,
                because: RefusedBecause::Limit(Cause::GUARD_OUTSIDE_DEFAULT_COMPARTMENT, 0),
            });
        }
        match step.entry.operation {
            EntryOperation::Create => self.create(step),
            EntryOperation::Delete if step.entry.lease.is_some() => self.end_lease(step),
            EntryOperation::Delete => self.delete(step),
            EntryOperation::Set | EntryOperation::Upsert | EntryOperation::CompareAndSet(_) => {
                self.write(step)
            }
        }
    }

    /// Answers an entry that failed. Returns false.
    #[cold]
    #[inline(never)]
    fn refuse(&self, step: &mut BatchStep, refused: &Refused) -> bool {
        step.answer = self.explain(&step.entry.row, refused);
        false
    }

    fn explain(&self, row: &MibIpForwardRow2, refused: &Refused) -> StepAnswer {
        let answer = StepAnswer::without_effect(refused.status);
        match refused.because {
            RefusedBecause::BrokenRule => {}
            RefusedBecause::Route(row) => {
                return StepAnswer {
                    old: Some(row),
                    ..answer
                };
            }
            RefusedBecause::Limit(cause, limit) => {
                return StepAnswer {
                    cause,
                    limit,
                    ..answer
                };
            }
        }
        // The entry keeps its own status if the stack fails during the diagnosis.
        let diagnosis = diagnose(row, Some(refused.status), self.stack).unwrap_or_default();
        StepAnswer {
            cause: diagnosis.cause(),
            limit: diagnosis.limit,
            old: Some(diagnosis.existing),
            ..answer
        }
    }

    /// Creates the route of an entry. Like the other functions that execute an entry, it leaves in
    /// `step` the row before and the change of the lease table, if there are any.
    fn create(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        match step.entry.lease {
            Some(mode) => self.create_leased(step, mode),
            None => Ok(self.create_unleased(step)?),
        }
    }

    /// Creates the absent route of an upsert.
    fn create_for_upsert(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        let effect = self.create(step)?;
        if step.entry.lease.is_none() {
            // A dry run of the same entry needs to know how the stack stores its flags.
            self.read_back(&step.entry.row, None);
        }
        Ok(effect)
    }

    /// Creates a route that the handle is not to hold.
    fn create_unleased(&mut self, step: &mut BatchStep) -> Result<EntryEffect, NtStatus> {
        let lease = self.find_lease(&step.entry.row)?;
        self.stack.create(&step.entry.row)?;
        if let Some(lease) = lease {
            step.lease_change = self.on_created(lease)?;
        }
        Ok(EntryEffect::Created)
    }

    /// Creates a route that the handle is to hold.
    fn create_leased(
        &mut self,
        step: &mut BatchStep,
        mode: LeaseMode,
    ) -> Result<EntryEffect, Refused> {
        let entry = &step.entry;
        let key = self.leases.hashed(self.resolve(&entry.row)?);
        let ownership = self.ownership(&key, &entry.row, mode)?;
        if let Ownership::Joinable(lease) = ownership {
            return self.join(lease, step);
        }
        let adapter = self.adapter_to_guard(ownership, key.key(), entry)?;
        self.stack.create(&entry.row)?;
        let write = LeasedWrite {
            key,
            written: self.read_back(&entry.row, None),
            displaced: None,
            adapter,
        };
        step.lease_change = self.take(ownership, entry, write)?;
        Ok(EntryEffect::Created)
    }

    /// Set, compare-and-set and upsert.
    fn write(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        let entry = &step.entry;
        let row = &entry.row;
        let is_upsert = entry.operation == EntryOperation::Upsert;
        let old = match self.current(row) {
            Ok(old) => old,
            Err(status) if status.is_absent() && is_upsert => {
                return self.create_for_upsert(step);
            }
            Err(status) => return Err(status.into()),
        };
        let key = self.leases.hashed(self.resolve(&old)?);
        if let EntryOperation::CompareAndSet(expected) = entry.operation {
            self.check_expected(&key, &expected, &old)?;
        }
        let (wanted, current) = (RouteAttributes::of(row), RouteAttributes::of(&old));
        let ownership = match entry.lease {
            Some(mode) => Some(self.ownership(&key, row, mode)?),
            None => self.mine(&key)?,
        };
        let is_written = !is_upsert || !self.is_as_wanted(&wanted, &current, ownership)?;
        // The entry would leave the handle's lease as it is, so the lease table is not written.
        let taking = match ownership {
            Some(Ownership::Mine(lease))
                if !is_written && self.continues(lease, entry.lease, &wanted, &current)? =>
            {
                None
            }
            ownership => ownership,
        };
        let adapter = match taking {
            Some(ownership) => self.adapter_to_guard(ownership, key.key(), entry)?,
            None => None,
        };
        let written = if is_written {
            self.stack.set(row)?;
            if is_upsert || taking.is_some() {
                self.read_back(row, Some(&old))
            } else {
                WrittenRoute::new(wanted, None)
            }
        } else {
            WrittenRoute::new(wanted, Some(&old))
        };
        if let Some(ownership) = taking {
            let write = LeasedWrite {
                key,
                written,
                displaced: Some(old),
                adapter,
            };
            step.lease_change = self.take(ownership, entry, write)?;
        }
        let effect = match is_written {
            false => EntryEffect::Unchanged,
            true if !is_upsert => EntryEffect::Changed,
            true if written.leaves(&current) => EntryEffect::Unchanged,
            true => EntryEffect::Replaced,
        };
        if effect != EntryEffect::Unchanged {
            step.answer.old = Some(old);
        }
        Ok(effect)
    }

    /// Refuses a comparison that does not find the expected attributes in the row `current`.
    fn check_expected(
        &self,
        key: &HashedKey,
        expected: &RouteAttributes,
        current: &MibIpForwardRow2,
    ) -> Result<(), Refused> {
        if RouteAttributes::of(current).unchanged_since(expected)
            || self.is_left_as_requested(key, expected, current)?
        {
            return Ok(());
        }
        Err(Refused {
            status: NtStatus::REVISION_MISMATCH,
            because: RefusedBecause::Route(*current),
        })
    }

    /// Whether the row `current` is that of a lease for which `expected` was requested, and which
    /// has not been changed since.
    fn is_left_as_requested(
        &self,
        key: &HashedKey,
        expected: &RouteAttributes,
        current: &MibIpForwardRow2,
    ) -> Result<bool, StaleId> {
        let Some(lease) = self.leases.find_hashed(key) else {
            return Ok(false);
        };
        let written = self.leases.lease(lease)?.state().written;
        Ok(written.is_request_of(expected) && self.leases.is_left_in(lease, current)?)
    }

    /// Whether an upsert need not write a route that has the attributes `current`: they are the
    /// wanted ones, or those that the stack has stored for the handle's lease when the same was
    /// requested.
    fn is_as_wanted(
        &self,
        wanted: &RouteAttributes,
        current: &RouteAttributes,
        ownership: Option<Ownership>,
    ) -> Result<bool, StaleId> {
        let is_as_requested = match ownership {
            Some(Ownership::Mine(lease)) => {
                let written = self.leases.lease(lease)?.state().written;
                written.is_as_requested(wanted, current)
            }
            _ => false,
        };
        Ok(is_as_requested || wanted.matches(current))
    }

    fn delete(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        let row = &step.entry.row;
        let old = self.stack.get(row)?;
        let lease = self.leases.find(&self.resolve(&old)?);
        self.stack.delete(row)?;
        if let Some(lease) = lease {
            step.lease_change = self.on_deleted(lease)?;
        }
        step.answer.old = Some(old);
        Ok(EntryEffect::Deleted)
    }

    /// Ends the lease of a route that was deleted. If another handle guards the route, the lease
    /// stays, and its guard restores the route.
    ///
    /// It is not inlined: there is seldom such a lease.
    #[inline(never)]
    pub(super) fn on_deleted(&mut self, lease: LeaseId) -> Result<LeaseChange, StaleId> {
        let guarded = self.leases.lease(lease)?.state().guarded;
        if guarded && !self.leases.holds(self.handle, lease)? {
            return Ok(LeaseChange::None);
        }
        self.leases.unlink(lease)?;
        Ok(LeaseChange::Ended(lease))
    }

    /// Ends the lease of a route that was gone, because the route has been created anew and not as
    /// a lease. If the lease is guarded, it stays, and its guard looks at the route.
    ///
    /// It is not inlined: there is seldom such a lease.
    #[inline(never)]
    pub(super) fn on_created(&mut self, lease: LeaseId) -> Result<LeaseChange, StaleId> {
        let ends = !self.leases.lease(lease)?.state().guarded
            // If the stack cannot say so, the guard finds out.
            || matches!(self.leases.is_on_another_adapter(self.stack, lease), Ok(true));
        if !ends {
            return Ok(LeaseChange::None);
        }
        self.leases.unlink(lease)?;
        Ok(LeaseChange::Ended(lease))
    }

    /// Ends the handle's lease, as if the handle were closed.
    fn end_lease(&mut self, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        let key = self.resolve(&step.entry.row)?;
        let lease = self.leases.find(&key).ok_or(NtStatus::NOT_FOUND)?;
        let lease_ref = self.leases.ref_of(lease, self.handle)?;
        let lease_ref = lease_ref.ok_or(NtStatus::NOT_FOUND)?;
        if self.leases.lease(lease)?.ref_count() > 1 {
            self.leases.unlink_share(lease_ref)?;
            step.lease_change = LeaseChange::ShareEnded(lease_ref);
            return Ok(EntryEffect::None);
        }
        let (effect, old) = self.withdraw(lease)?;
        self.leases.unlink(lease)?;
        step.lease_change = LeaseChange::Ended(lease);
        step.answer.old = old;
        Ok(effect)
    }

    /// Takes the route of an ending lease from the route table.
    fn withdraw(
        &mut self,
        lease: LeaseId,
    ) -> Result<(EntryEffect, Option<MibIpForwardRow2>), NtStatus> {
        let keys = self.leases.lease(lease)?.key().row();
        let old = match self.stack.get(&keys) {
            Ok(old) => old,
            Err(status) if status.is_absent() => return Ok((EntryEffect::None, None)),
            Err(status) => return Err(status),
        };
        Ok(match self.leases.withdraw(self.stack, lease, Some(&old))? {
            Withdrawn::Nothing => (EntryEffect::None, None),
            Withdrawn::Deleted => (EntryEffect::Deleted, Some(old)),
            Withdrawn::Restored => (EntryEffect::Changed, Some(old)),
        })
    }

    /// Makes the handle hold a route together with others, and creates the route if it is gone.
    fn join(&mut self, lease: LeaseId, step: &mut BatchStep) -> Result<EntryEffect, Refused> {
        let row = &step.entry.row;
        let effect = match self.stack.get(row) {
            Ok(_) => EntryEffect::Unchanged,
            Err(status) if status.is_absent() => {
                self.stack.create(row)?;
                EntryEffect::Created
            }
            Err(status) => return Err(status.into()),
        };
        let lease_ref = self.leases.join(self.registered_handle()?, lease)?;
        step.lease_change = LeaseChange::Taken(lease_ref);
        Ok(effect)
    }
}
