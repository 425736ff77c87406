//! Guards: what happens to a lease when its route or its interface changes.

use abi::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::backoff::{DELAYS, Decision};
use super::guard_phase::GuardPhase;
use super::records::LeaseId;
use super::release::RETRY_DELAY;
use super::table::LeaseTable;
use crate::alloc::{Id, StaleId};
use crate::handle_id::HandleId;
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;
use crate::time::{KernelTime, Ticks};

/// What a guard has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuardEvent {
    /// It has restored the route.
    Restored,
    /// It does not restore the route any more.
    GaveUp,
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

/// What the stack says about a guarded route.
enum Lookup {
    Present(RouteAttributes),
    Absent,
    /// The interface is gone, or does not carry the family.
    InterfaceGone,
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
        stack: &impl NetworkStack,
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
    fn end_if_gone(&mut self, stack: &impl NetworkStack, lease: LeaseId) -> Result<(), NtStatus> {
        let record = self.lease(lease)?;
        if record.state.restores_displaced {
            return Ok(());
        }
        match stack.get(&record.key.row()) {
            Err(status) if status.is_transient() => Err(status),
            Err(status) if status.is_absent() => {
                self.unlink(lease)?;
                Ok(self.free(lease)?)
            }
            _ => Ok(()),
        }
    }

    /// Handles the loss of notifications: every guarded route may have been disturbed, and the
    /// route of every other lease may be gone, which [`scan`](Self::scan) finds out.
    pub(crate) fn on_notifications_lost(&mut self, now: KernelTime) -> Result<(), StaleId> {
        self.scan_from = Some(0);
        self.move_all(GuardPhase::Stable, GuardPhase::Check, now)
    }

    /// Continues to look for leases without a guard whose routes are gone, in at most `limit` slots
    /// of the table. Returns whether more slots are left.
    pub(crate) fn scan(&mut self, stack: &impl NetworkStack, limit: usize) -> bool {
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

    /// Handles the arrival of an interface: routes whose interface was gone may be restored.
    pub(crate) fn on_interface_arrived(&mut self, now: KernelTime) -> Result<(), StaleId> {
        self.move_all(
            GuardPhase::InterfaceGone,
            GuardPhase::InterfaceReturned,
            now,
        )
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
        for _ in 0..limit {
            match self.next_due()? {
                Some((lease, due)) if due <= now => self.check_route(stack, lease, now, sink)?,
                next => return Ok(next.map(|(_, due)| due)),
            }
        }
        Ok(self.next_due()?.map(|(_, due)| due))
    }

    fn check_route<Stack: NetworkStack>(
        &mut self,
        stack: &mut Stack,
        lease: LeaseId,
        now: KernelTime,
        sink: &mut impl EventSink<Stack>,
    ) -> Result<(), StaleId> {
        let record = *self.lease(lease)?;
        let phase = match record.state.phase {
            GuardPhase::Unreadable => record.state.phase_when_readable,
            phase => phase,
        };
        let wanted = record.state.written.with_keys_of(&record.key.row());
        let is_present = match look_up(stack, &record.key, &wanted) {
            Err(_) => {
                self.lease_mut(lease)?.state.phase_when_readable = phase;
                return self.enter_phase(lease, GuardPhase::Unreadable, now.after(RETRY_DELAY));
            }
            Ok(Lookup::InterfaceGone) => {
                return self.enter_phase(lease, GuardPhase::InterfaceGone, now);
            }
            Ok(Lookup::Present(found)) if found.unchanged_since(&record.state.written) => {
                return self.enter_phase(lease, GuardPhase::Stable, now);
            }
            Ok(Lookup::Present(_)) => true,
            Ok(Lookup::Absent) => false,
        };
        // A route that vanished with its interface was not disturbed by another program.
        let is_conflict = phase != GuardPhase::InterfaceReturned;
        if is_conflict && !self.may_restore(stack, lease, phase, now, sink)? {
            return Ok(());
        }
        let outcome = if is_present {
            stack.set(&wanted)
        } else {
            stack.create(&wanted)
        };
        if is_conflict || outcome.is_err() {
            self.lease_mut(lease)?.state.backoff.on_attempt(now);
        }
        if outcome.is_err() {
            return self.enter_phase(lease, GuardPhase::Check, now);
        }
        self.enter_phase(lease, GuardPhase::Stable, now)?;
        self.emit_to_holders(stack, lease, GuardEvent::Restored, sink)
    }

    /// Whether the guard restores a disturbed route now. If not, the guard enters the phase in
    /// which it waits for that, or gives up.
    fn may_restore<Stack: NetworkStack>(
        &mut self,
        stack: &mut Stack,
        lease: LeaseId,
        phase: GuardPhase,
        now: KernelTime,
        sink: &mut impl EventSink<Stack>,
    ) -> Result<bool, StaleId> {
        let has_waited = phase != GuardPhase::Check;
        match self.lease_mut(lease)?.state.backoff.on_disturbed(now) {
            Decision::Restore(index) if !has_waited && index > 0 => {
                let delay = DELAYS.get(usize::from(index)).copied();
                let due = now.after(delay.unwrap_or(Ticks::ZERO));
                self.enter_phase(lease, GuardPhase::BackOff(index), due)?;
                Ok(false)
            }
            Decision::Restore(_) => Ok(true),
            Decision::GiveUp => {
                self.enter_phase(lease, GuardPhase::GaveUp, now)?;
                self.emit_to_holders(stack, lease, GuardEvent::GaveUp, sink)?;
                Ok(false)
            }
        }
    }

    fn emit_to_holders<Stack>(
        &self,
        stack: &mut Stack,
        lease: LeaseId,
        event: GuardEvent,
        sink: &mut impl EventSink<Stack>,
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
            sink.emit(stack, holder, event, &record.key);
            next = lease_ref.in_lease.next();
        }
        Ok(())
    }
}

/// Looks for a route and, if it is absent, for its interface.
///
/// # Errors
///
/// The transient status with which the stack refused to answer.
fn look_up(
    stack: &impl NetworkStack,
    key: &RouteKey,
    wanted: &MibIpForwardRow2,
) -> Result<Lookup, NtStatus> {
    match stack.get(wanted) {
        Ok(row) => return Ok(Lookup::Present(RouteAttributes::of(&row))),
        Err(status) if status.is_transient() => return Err(status),
        Err(_) => {}
    }
    let interface = stack.interface(&MibIpInterfaceRow {
        family: key.family().0,
        interface_luid: key.luid(),
        ..MibIpInterfaceRow::default()
    });
    match interface {
        Ok(_) => Ok(Lookup::Absent),
        Err(status) if status.is_transient() => Err(status),
        Err(_) => Ok(Lookup::InterfaceGone),
    }
}
