//! What a resume of the system does to leases: each one whose route the stack has lost gets it back,
//! guarded or not. A route that was lost in a sleep was not disturbed by another program.

use super::guard_phase::GuardPhase;
use super::interface_records::adapter_of;
use super::records::{HandleEntry, LeaseId};
use super::table::LeaseTable;
use crate::alloc::{Id, StaleId};
use crate::network_stack::NetworkStack;
use crate::time::KernelTime;

impl LeaseTable {
    /// Begins to compare all leases with the route table, which
    /// [`continue_resume`](Self::continue_resume) does. Every interface for which leases wait may
    /// have changed, and the stack may still configure the others.
    pub(crate) fn begin_resume(&mut self, now: KernelTime) -> Result<(), StaleId> {
        self.resume_from = Some(0);
        self.begin_resume_of_settings()?;
        let mut next = self.interfaces.first();
        while let Some(here) = next {
            self.interfaces.get_mut(here)?.usable_since = Some(now);
            next = self.interfaces.after(here)?;
        }
        self.check_all_interfaces(now)
    }

    /// Continues to compare leases with the route table, in at most `limit` slots. Returns whether
    /// more slots are left.
    pub(crate) fn continue_resume(
        &mut self,
        stack: &mut impl NetworkStack,
        now: KernelTime,
        limit: usize,
    ) -> Result<bool, StaleId> {
        let Some(begin) = self.resume_from else {
            return Ok(false);
        };
        let end = begin.saturating_add(limit);
        for lease in (begin..end).filter_map(Id::from_index) {
            if self.is_held(lease) {
                self.resume_lease(stack, lease, now)?;
            }
        }
        self.resume_from = Some(end).filter(|end| *end < self.leases.slab().slots());
        Ok(self.resume_from.is_some())
    }

    fn resume_lease(
        &mut self,
        stack: &mut impl NetworkStack,
        lease: LeaseId,
        now: KernelTime,
    ) -> Result<(), StaleId> {
        let record = self.lease(lease)?;
        let state = record.state;
        if !state.guarded {
            let key = record.key;
            let found = stack
                .in_compartment(key.compartment(), |stack| stack.get(&key.row()))
                .flatten();
            // Another program may have changed the route; then it stays as it is.
            if found.is_ok() {
                return Ok(());
            }
            self.lease_mut(lease)?.state.lost_in_sleep = true;
            return self.enter_phase(lease, GuardPhase::InterfaceReturned, now);
        }
        match state.phase {
            GuardPhase::Stable
            | GuardPhase::InterfaceReturned
            | GuardPhase::Unreadable
            | GuardPhase::Check => self.enter_phase(lease, GuardPhase::InterfaceReturned, now),
            // The interface is checked, an attempt is due, or the guard gave up before the sleep.
            GuardPhase::WaitsForInterface | GuardPhase::BackOff(_) | GuardPhase::GaveUp => Ok(()),
        }
    }

    /// Makes sure that the interface of a lease is known, also without a guard: the lease may have to
    /// wait for it. Returns false if there is no memory for that, or the stack failed to say so.
    pub(super) fn knows_interface(
        &mut self,
        stack: &impl NetworkStack,
        lease: LeaseId,
        now: KernelTime,
    ) -> Result<bool, StaleId> {
        if self.lease(lease)?.interface.is_some() {
            return Ok(true);
        }
        let Ok(adapter) = adapter_of(stack, self.lease(lease)?.key().luid()) else {
            return Ok(false);
        };
        if self.reserve_interface().is_err() {
            return Ok(false);
        }
        self.attach_interface(stack, lease, adapter)?;
        if let Some(id) = self.lease(lease)?.interface {
            let record = self.interfaces.get_mut(id)?;
            record.usable_since = record.usable_since.or(Some(now));
        }
        Ok(true)
    }

    /// Ends the check of a lease whose route is as it should be, or that has no guard to restore it. A
    /// lease without a guard does not know its interface from now on.
    pub(super) fn settle(&mut self, lease: LeaseId, now: KernelTime) -> Result<(), StaleId> {
        self.unlink_guard(lease)?;
        let state = &mut self.lease_mut(lease)?.state;
        state.lost_in_sleep = false;
        if state.guarded {
            (state.phase, state.due) = (GuardPhase::Stable, now);
        } else {
            *state = state.with_new_guard();
            return self.detach_interface(lease);
        }
        self.link_guard(lease)
    }

    /// Whether a handle that is not closed holds the lease in this slot.
    fn is_held(&self, lease: LeaseId) -> bool {
        let mut next = self
            .lease(lease)
            .ok()
            .and_then(|record| record.refs.first());
        while let Some(here) = next {
            let Ok(lease_ref) = self.lease_ref(here) else {
                return false;
            };
            let holds = |entry: &HandleEntry| !entry.releasing && !entry.pending_release;
            if self.handle(lease_ref.handle).is_ok_and(holds) {
                return true;
            }
            next = lease_ref.in_lease.next();
        }
        false
    }
}
