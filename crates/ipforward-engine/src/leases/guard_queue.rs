//! The place of a guarded lease in the list of its phase.

use super::guard_phase::GuardPhase;
use super::records::{Lease, LeaseId};
use super::table::LeaseTable;
use crate::alloc::{Links, List, StaleId};
use crate::time::KernelTime;

impl LeaseTable {
    /// The timed lease that is due first, and the time at which it is due.
    pub(super) fn next_due(&self) -> Result<Option<(LeaseId, KernelTime)>, StaleId> {
        let mut next: Option<(LeaseId, KernelTime)> = None;
        for list in self.guard_lists.timed() {
            if let Some(lease) = list.first() {
                let due = self.lease(lease)?.state.due;
                if next.is_none_or(|(_, earliest)| due < earliest) {
                    next = Some((lease, due));
                }
            }
        }
        Ok(next)
    }

    /// Moves a guarded lease to another phase.
    pub(super) fn enter_phase(
        &mut self,
        lease: LeaseId,
        phase: GuardPhase,
        due: KernelTime,
    ) -> Result<(), StaleId> {
        self.unlink_guard(lease)?;
        let state = &mut self.lease_mut(lease)?.state;
        (state.phase, state.due) = (phase, due);
        self.link_guard(lease)
    }

    /// Moves all leases of a phase to another one.
    pub(super) fn move_all(
        &mut self,
        from: GuardPhase,
        to: GuardPhase,
        now: KernelTime,
    ) -> Result<(), StaleId> {
        while let Some(first) = self.guard_lists.get(from).first() {
            self.enter_phase(first, to, now)?;
        }
        Ok(())
    }

    /// Adds a lease to the list of its phase, if it has one.
    pub(super) fn link_guard(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        let state = self.lease(lease)?.state;
        if !state.has_phase() {
            return Ok(());
        }
        let mut list = self.guard_list(lease)?;
        let earlier = self.last_before(list, state.phase, state.due)?;
        let slab = self.leases.slab_mut();
        match earlier {
            Some(earlier) => list.push_behind(slab, lease, earlier, guard_links)?,
            None => list.push_first(slab, lease, guard_links)?,
        }
        self.set_guard_list(lease, list)
    }

    /// Removes a lease from the list of its phase, if it has one.
    pub(super) fn unlink_guard(&mut self, lease: LeaseId) -> Result<(), StaleId> {
        let state = self.lease(lease)?.state;
        if state.has_phase() {
            let mut list = self.guard_list(lease)?;
            list.unlink(self.leases.slab_mut(), lease, guard_links)?;
            self.set_guard_list(lease, list)?;
        }
        Ok(())
    }

    /// The list that a guarded lease belongs into: that of its interface if it waits for it,
    /// otherwise that of its phase.
    fn guard_list(&self, lease: LeaseId) -> Result<List<Lease>, StaleId> {
        let record = self.lease(lease)?;
        match (record.state.phase, record.interface) {
            (GuardPhase::WaitsForInterface, Some(id)) => Ok(self.interfaces.get(id)?.waiting),
            (phase, _) => Ok(self.guard_lists.get(phase)),
        }
    }

    fn set_guard_list(&mut self, lease: LeaseId, list: List<Lease>) -> Result<(), StaleId> {
        let record = self.lease(lease)?;
        match (record.state.phase, record.interface) {
            (GuardPhase::WaitsForInterface, Some(id)) => {
                self.interfaces.get_mut(id)?.waiting = list;
            }
            (phase, _) => self.guard_lists.set(phase, list),
        }
        Ok(())
    }

    /// The last lease of a phase that is due before `due`. Usually this is the last lease of the
    /// list. A lease that a rollback relinks may belong further forward. The lists of untimed
    /// phases have no order.
    fn last_before(
        &self,
        list: List<Lease>,
        phase: GuardPhase,
        due: KernelTime,
    ) -> Result<Option<LeaseId>, StaleId> {
        let Some(tail) = list.last() else {
            return Ok(None);
        };
        if !phase.is_timed() || self.lease(tail)?.state.due <= due {
            return Ok(Some(tail));
        }
        let mut before = None;
        let mut next = list.first();
        while let Some(here) = next {
            let record = self.lease(here)?;
            if record.state.due > due {
                break;
            }
            before = Some(here);
            next = record.guard_links.next();
        }
        Ok(before)
    }
}

const fn guard_links(lease: &mut Lease) -> &mut Links<Lease> {
    &mut lease.guard_links
}
