//! Guards: what happens to a lease when its route or its interface changes.

use abi::{MibIpForwardRow2, NtStatus};

use super::backoff::{DELAYS, Decision};
use super::guard_phase::GuardPhase;
use super::guard_run::GuardRun;
use super::records::{LeaseId, Usability};
use super::release::RETRY_DELAY;
use super::table::LeaseTable;
use crate::alloc::{Id, StaleId};
use crate::handle_id::HandleId;
use crate::network_stack::NetworkStack;
use crate::route_key::RouteKey;
use crate::time::{KernelTime, Ticks};

/// What a guard has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuardEvent {
    /// It has restored the route.
    Restored,
    /// It does not restore the route any more.
    GaveUp,
    /// It does not restore the route on another adapter that has the LUID of the interface now.
    InterfaceReplaced,
}

/// A handle that holds a guarded route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseHolder {
    pub(crate) handle: HandleId,
    /// The process that opened the handle.
    pub(crate) process_id: u32,
}

/// Takes the events of guards.
pub(crate) trait EventSink<Stack> {
    /// Takes one event for a handle that holds the route.
    fn emit(&mut self, stack: &mut Stack, holder: LeaseHolder, event: GuardEvent, key: &RouteKey);
}

impl LeaseTable {
    /// Handles the notification that a route was added, changed or removed.
    ///
    /// A lease without a guard ends if its route is gone: a route that another program creates in
    /// its place does not belong to the lease.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack refused to say whether the route is gone.
    pub(crate) fn on_route_changed(
        &mut self,
        stack: &mut impl NetworkStack,
        key: &RouteKey,
        now: KernelTime,
    ) -> Result<(), NtStatus> {
        let Some(lease) = self.find(key) else {
            return Ok(());
        };
        let state = self.lease(lease)?.state;
        if !state.guarded {
            return self.end_if_gone(stack, lease);
        }
        if state.phase == GuardPhase::Stable {
            self.enter_phase(lease, GuardPhase::Check, now)?;
        }
        Ok(())
    }

    /// Ends a lease without a guard if its route is gone.
    ///
    /// # Errors
    ///
    /// The transient status with which the stack refused to say so.
    fn end_if_gone(
        &mut self,
        stack: &mut impl NetworkStack,
        lease: LeaseId,
    ) -> Result<(), NtStatus> {
        let record = self.lease(lease)?;
        if record.state.restores_displaced || record.state.lost_in_sleep {
            return Ok(());
        }
        let key = record.key;
        let found = stack
            .in_compartment(key.compartment(), |stack| stack.get(&key.row()))
            .flatten();
        match found {
            Err(status) if status.is_transient() => Err(status),
            Err(status) if status.is_absent() => {
                self.unlink(lease)?;
                Ok(self.free(lease)?)
            }
            _ => Ok(()),
        }
    }

    /// Handles the loss of notifications: every guarded route may have been disturbed, and the
    /// route of every other lease may be gone, which [`scan`](Self::scan) finds out. Every interface
    /// may have changed.
    pub(crate) fn on_notifications_lost(&mut self, now: KernelTime) -> Result<(), StaleId> {
        self.scan_from = Some(0);
        self.check_all_interfaces(now)?;
        self.move_all(GuardPhase::Stable, GuardPhase::Check, now)
    }

    /// Continues to look for leases without a guard whose routes are gone, in at most `limit` slots
    /// of the table. Returns whether more slots are left.
    pub(crate) fn scan(&mut self, stack: &mut impl NetworkStack, limit: usize) -> bool {
        let Some(begin) = self.scan_from else {
            return false;
        };
        let end = begin.saturating_add(limit);
        for lease in (begin..end).filter_map(Id::from_index) {
            let has_to_be_checked = self
                .lease(lease)
                .is_ok_and(|record| record.ref_count > 0 && !record.state.guarded);
            if has_to_be_checked {
                self.scan_incomplete |= self.end_if_gone(stack, lease).is_err();
            }
        }
        self.scan_from = Some(end).filter(|end| *end < self.leases.slab().slots());
        self.scan_from.is_some()
    }

    /// Restarts the scan if the stack failed to read some routes. Returns true if it restarted.
    pub(crate) const fn restart_scan(&mut self) -> bool {
        let incomplete = core::mem::replace(&mut self.scan_incomplete, false);
        if incomplete {
            self.scan_from = Some(0);
        }
        incomplete
    }

    /// Checks at most `limit` routes that are due, and restores those whose guard decides so.
    /// Returns the time at which the next route is due, if any.
    pub(crate) fn run_guards<Stack: NetworkStack>(
        &mut self,
        stack: &mut Stack,
        now: KernelTime,
        limit: usize,
        sink: &mut impl EventSink<Stack>,
    ) -> Result<Option<KernelTime>, StaleId> {
        let mut run = GuardRun::new(stack, now, sink);
        self.check_due_interfaces(&mut run)?;
        for _ in 0..limit {
            match self.next_due()? {
                Some((lease, due)) if due <= now => self.check_lease(&mut run, lease)?,
                _ => break,
            }
        }
        let interface_due = self.next_interface_due()?;
        let lease_due = self.next_due()?.map(|(_, due)| due);
        Ok(lease_due.into_iter().chain(interface_due).min())
    }

    /// Checks the route of a lease, in the compartment of the lease.
    fn check_lease<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
    ) -> Result<(), StaleId> {
        let compartment = self.lease(lease)?.key.compartment();
        let (now, sink) = (run.now, &mut *run.sink);
        let checked = run.stack.in_compartment(compartment, |stack| {
            self.check_route(&mut GuardRun::new(stack, now, sink), lease)
        });
        match checked {
            Ok(checked) => checked,
            Err(_) => self.read_later(lease, self.lease(lease)?.state.readable_phase(), now),
        }
    }

    fn check_route<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
    ) -> Result<(), StaleId> {
        let now = run.now;
        let is_guarded = self.lease(lease)?.state.guarded;
        let phase = self.lease(lease)?.state.readable_phase();
        if !self.follow_adapter(lease)? {
            return self.give_up(run, lease);
        }
        let wanted = self.wanted_row(lease)?;
        let is_present = match run.stack.get(&wanted) {
            Err(status) if status.is_transient() => return self.read_later(lease, phase, now),
            Err(_) => false,
            Ok(found) if self.is_left_in(lease, &found)? => {
                self.on_read_back(lease, Some(&found))?;
                return self.settle(lease, now);
            }
            Ok(_) if !is_guarded => return self.settle(lease, now),
            Ok(_) => true,
        };
        if !self.knows_interface(run.stack, lease, now)? {
            return self.read_later(lease, phase, now);
        }
        // A route that vanished with its interface was not disturbed by another program.
        match self.usability(run.stack, lease, now) {
            Ok(Usability::Usable) if self.has_moved(lease)? => {
                self.enter_phase(lease, GuardPhase::InterfaceReturned, now)
            }
            Ok(Usability::Usable) => self.restore(run, lease, phase, is_present),
            Err(_) => self.read_later(lease, phase, now),
            Ok(usability) => self.wait_for_interface(run, lease, usability),
        }
    }

    /// The row that a lease has in the route table while no program disturbs it.
    fn wanted_row(&self, lease: LeaseId) -> Result<MibIpForwardRow2, StaleId> {
        let record = self.lease(lease)?;
        let requested = record.state.written.requested();
        Ok(requested.with_keys_of(&record.key.row()))
    }

    /// Restores a route that is gone, or that another program has changed, if the guard decides so.
    fn restore<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
        phase: GuardPhase,
        is_present: bool,
    ) -> Result<(), StaleId> {
        let is_conflict = phase != GuardPhase::InterfaceReturned;
        if is_conflict && !self.may_restore(run, lease, phase)? {
            return Ok(());
        }
        let wanted = self.wanted_row(lease)?;
        let outcome = if is_present {
            run.stack.set(&wanted)
        } else {
            run.stack.create(&wanted)
        };
        match outcome {
            Ok(()) => {}
            Err(status) if status.is_transient() && !is_conflict => {
                return self.read_later(lease, phase, run.now);
            }
            Err(_) => return self.on_refused(run, lease, phase),
        }
        if is_conflict {
            self.lease_mut(lease)?.state.backoff.on_attempt(run.now);
        }
        let is_guarded = self.lease(lease)?.state.guarded;
        self.on_read_back(lease, run.stack.get(&wanted).ok().as_ref())?;
        self.settle(lease, run.now)?;
        if is_guarded {
            self.emit_to_holders(run, lease, GuardEvent::Restored)?;
        }
        Ok(())
    }

    /// Gives a route up. A lease without a guard ends, as it does whenever its route is gone.
    fn give_up<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
    ) -> Result<(), StaleId> {
        self.enter_phase(lease, GuardPhase::GaveUp, run.now)?;
        self.emit_to_holders(run, lease, GuardEvent::GaveUp)?;
        if !self.lease(lease)?.state.guarded {
            self.unlink(lease)?;
            self.free(lease)?;
        }
        Ok(())
    }

    /// Has the guard look again later, because the stack failed to say something.
    fn read_later(
        &mut self,
        lease: LeaseId,
        phase: GuardPhase,
        now: KernelTime,
    ) -> Result<(), StaleId> {
        self.lease_mut(lease)?.state.phase_when_readable = phase;
        self.enter_phase(lease, GuardPhase::Unreadable, now.after(RETRY_DELAY))
    }

    /// Handles the stack's refusal to restore a route. If the interface is the reason, the guard
    /// waits for it and counts no attempt.
    fn on_refused<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
        phase: GuardPhase,
    ) -> Result<(), StaleId> {
        let now = run.now;
        match self.usability(run.stack, lease, now) {
            Ok(Usability::Usable) if self.wait_for_young_interface(lease, now)? => Ok(()),
            Ok(Usability::Usable) => {
                self.lease_mut(lease)?.state.backoff.on_attempt(now);
                self.enter_phase(lease, GuardPhase::Check, now)
            }
            Err(_) => self.read_later(lease, phase, now),
            Ok(usability) => self.wait_for_interface(run, lease, usability),
        }
    }

    /// Whether the guard restores a disturbed route now. If not, the guard enters the phase in
    /// which it waits for that, or gives up.
    fn may_restore<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
        phase: GuardPhase,
    ) -> Result<bool, StaleId> {
        let has_waited = phase != GuardPhase::Check;
        match self.lease_mut(lease)?.state.backoff.on_disturbed(run.now) {
            Decision::Restore(index) if !has_waited && index > 0 => {
                let delay = DELAYS.get(usize::from(index)).copied();
                let due = run.now.after(delay.unwrap_or(Ticks::ZERO));
                self.enter_phase(lease, GuardPhase::BackOff(index), due)?;
                Ok(false)
            }
            Decision::Restore(_) => Ok(true),
            Decision::GiveUp => {
                self.give_up(run, lease)?;
                Ok(false)
            }
        }
    }

    pub(super) fn emit_to_holders<Stack>(
        &self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
        event: GuardEvent,
    ) -> Result<(), StaleId> {
        let record = self.lease(lease)?;
        let mut next = record.refs.first();
        while let Some(here) = next {
            let lease_ref = self.lease_ref(here)?;
            let entry = self.handle(lease_ref.handle)?;
            let holder = LeaseHolder {
                handle: entry.handle,
                process_id: entry.process_id,
            };
            run.sink.emit(run.stack, holder, event, &record.key);
            next = lease_ref.in_lease.next();
        }
        Ok(())
    }
}
