//! What happens to waiting leases when an interface arrives, or when its link or its addresses
//! change.
//!
//! The stack notifies changes in the default compartment alone. An interface in another one, for which
//! leases may wait after a sleep, is checked again and again, in its compartment.

use super::guard::{EventSink, GuardEvent};
use super::guard_phase::GuardPhase;
use super::guard_run::GuardRun;
use super::records::{GuardedInterface, InterfaceId, LeaseId, Usability};
use super::release::RETRY_DELAY;
use super::table::LeaseTable;
use crate::alloc::StaleId;
use crate::changed_interfaces::ChangedInterfaces;
use crate::network_stack::NetworkStack;
use crate::time::{KernelTime, Ticks};

/// How soon a route is tried again that the stack refused on a young interface.
const REFUSED_DELAY: Ticks = Ticks::from_millis(500);

impl LeaseTable {
    /// Checks the interfaces that have changed and for which leases wait, and no others.
    pub(crate) fn on_interfaces_changed<Stack: NetworkStack>(
        &mut self,
        stack: &mut Stack,
        changed: &ChangedInterfaces,
        now: KernelTime,
        sink: &mut impl EventSink<Stack>,
    ) -> Result<(), StaleId> {
        let mut run = GuardRun::new(stack, now, sink);
        let mut next = self.interfaces.first();
        while let Some(here) = next {
            next = self.interfaces.after(here)?;
            let record = *self.interfaces.get(here)?;
            if record.waiting.is_empty() {
                continue;
            }
            if concerns(run.stack, changed, &record) {
                self.check_interface(&mut run, here)?;
            }
        }
        Ok(())
    }

    /// Handles the loss of notifications: every interface for which leases wait may have changed.
    pub(super) fn check_all_interfaces(&mut self, now: KernelTime) -> Result<(), StaleId> {
        let mut next = self.interfaces.first();
        while let Some(here) = next {
            let record = self.interfaces.get_mut(here)?;
            if !record.waiting.is_empty() {
                record.check_due = Some(now);
            }
            next = self.interfaces.after(here)?;
        }
        Ok(())
    }

    /// Checks the interfaces whose time has come.
    pub(super) fn check_due_interfaces<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
    ) -> Result<(), StaleId> {
        let mut next = self.interfaces.first();
        while let Some(here) = next {
            next = self.interfaces.after(here)?;
            let due = self.interfaces.get(here)?.check_due;
            if due.is_some_and(|due| due <= run.now) {
                self.check_interface(run, here)?;
            }
        }
        Ok(())
    }

    /// The time at which an interface is checked next.
    pub(super) fn next_interface_due(&self) -> Result<Option<KernelTime>, StaleId> {
        let mut earliest: Option<KernelTime> = None;
        let mut next = self.interfaces.first();
        while let Some(here) = next {
            let due = self.interfaces.get(here)?.check_due;
            earliest = earliest.into_iter().chain(due).min();
            next = self.interfaces.after(here)?;
        }
        Ok(earliest)
    }

    /// Checks an interface, in its compartment. If it can be used, its waiting routes are restored
    /// next.
    fn check_interface<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        interface: InterfaceId,
    ) -> Result<(), StaleId> {
        let now = run.now;
        let record = self.interfaces.get_mut(interface)?;
        let before = record.usability;
        record.check_due = None;
        let probed = run
            .stack
            .in_compartment(record.compartment, |stack| record.probe(stack, now))
            .flatten();
        if probed.is_err() || !record.is_notified() {
            record.check_due = Some(now.after(RETRY_DELAY));
        }
        match probed {
            Ok(Usability::Usable) => {
                record.check_due = None;
                return self.recheck_waiting(interface, now);
            }
            Ok(Usability::Replaced) if before != Usability::Replaced => {
                let mut next = record.waiting.first();
                while let Some(lease) = next {
                    self.emit_to_holders(run, lease, GuardEvent::InterfaceReplaced)?;
                    next = self.lease(lease)?.guard_links.next();
                }
            }
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    fn recheck_waiting(&mut self, interface: InterfaceId, now: KernelTime) -> Result<(), StaleId> {
        while let Some(lease) = self.interfaces.get(interface)?.waiting.first() {
            self.enter_phase(lease, GuardPhase::InterfaceReturned, now)?;
        }
        Ok(())
    }

    /// Has a lease wait for its interface, which cannot be used. The wait has no limit.
    pub(super) fn wait_for_interface<Stack: NetworkStack>(
        &mut self,
        run: &mut GuardRun<'_, Stack, impl EventSink<Stack>>,
        lease: LeaseId,
        usability: Usability,
    ) -> Result<(), StaleId> {
        self.enter_phase(lease, GuardPhase::WaitsForInterface, run.now)?;
        if let Some(interface) = self.lease(lease)?.interface {
            let record = self.interfaces.get_mut(interface)?;
            if !record.is_notified() {
                record.check_due = Some(run.now.after(RETRY_DELAY));
            }
        }
        if usability == Usability::Replaced {
            self.emit_to_holders(run, lease, GuardEvent::InterfaceReplaced)?;
        }
        Ok(())
    }

    /// Has a lease wait because the stack refused its route on an interface that can be used only
    /// since a short time ago, such as a gateway before DHCP has given the address. Returns whether
    /// it waits.
    pub(super) fn wait_for_young_interface(
        &mut self,
        lease: LeaseId,
        now: KernelTime,
    ) -> Result<bool, StaleId> {
        let Some(interface) = self.lease(lease)?.interface else {
            return Ok(false);
        };
        let record = self.interfaces.get_mut(interface)?;
        if !record.is_young(now) {
            return Ok(false);
        }
        record.check_due = Some(now.after(REFUSED_DELAY));
        self.enter_phase(lease, GuardPhase::WaitsForInterface, now)?;
        Ok(true)
    }

    /// Whether the adapter of a lease has another LUID by now.
    pub(super) fn has_moved(&self, lease: LeaseId) -> Result<bool, StaleId> {
        let record = self.lease(lease)?;
        match record.interface {
            Some(id) => Ok(self.interfaces.get(id)?.luid != record.key().luid()),
            None => Ok(false),
        }
    }

    /// Gives a lease the LUID that its adapter has now. Returns false if another lease has the route
    /// with that LUID.
    pub(super) fn follow_adapter(&mut self, lease: LeaseId) -> Result<bool, StaleId> {
        let record = *self.lease(lease)?;
        let Some(interface) = record.interface else {
            return Ok(true);
        };
        let luid = self.interfaces.get(interface)?.luid;
        if luid == record.key().luid() {
            return Ok(true);
        }
        let key = self.hashed(record.key().with_luid(luid));
        if self.find_hashed(&key).is_some() {
            return Ok(false);
        }
        self.leases.unlink(lease)?;
        self.lease_mut(lease)?.set_key(&key);
        self.leases.link(lease)?;
        self.count_change();
        Ok(true)
    }
}

/// Whether an interface may be among those that have changed, under its LUID or under the one that
/// its adapter has now.
fn concerns(
    stack: &impl NetworkStack,
    changed: &ChangedInterfaces,
    record: &GuardedInterface,
) -> bool {
    if changed.contains(record.luid) {
        return true;
    }
    match record.guid.filter(|_| record.is_elsewhere()) {
        Some(guid) => match stack.interface_luid(guid) {
            Ok(luid) => changed.contains(luid),
            // The check of the interface finds out.
            Err(status) => status.is_transient(),
        },
        None => false,
    }
}
