//! A stack that records each change before it is made, so that its notification can be attributed
//! to the handle that made it.

use core::hint::black_box;

use abi::{AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::state::WatchState;
use crate::compartment::CompartmentId;
use crate::events::{Change, ChangeKey};
use crate::handle_id::HandleId;
use crate::lock::Lock;
use crate::network_stack::{NetworkStack, RouteLookup};
use crate::time::KernelTime;

/// A stack whose changes are attributed to one handle.
pub(crate) struct AttributingStack<'a, Stack, WatchLock> {
    pub(crate) stack: &'a mut Stack,
    pub(crate) watch: &'a WatchLock,
    pub(crate) handle: HandleId,
    pub(crate) now: KernelTime,
    /// Whether the log attributes changes, once there was a change. A handle that begins to watch or
    /// to lease meanwhile takes the later changes of this stack for another program's.
    pub(crate) is_attributed: Option<bool>,
}

impl<Stack: NetworkStack, WatchLock: Lock<WatchState, Stack>>
    AttributingStack<'_, Stack, WatchLock>
{
    /// Whether changes are attributed.
    fn is_attributed(&mut self) -> bool {
        if let Some(is_attributed) = self.is_attributed {
            return is_attributed;
        }
        let ask = |watch: &mut WatchState| watch.events.attributes_changes();
        let is_attributed = self.watch.with(self.stack, ask);
        self.is_attributed = Some(is_attributed);
        is_attributed
    }

    fn attributed(
        &mut self,
        row: &MibIpForwardRow2,
        change: Change,
        make: impl FnOnce(&mut Stack) -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        // No notification follows from a compartment other than the default one.
        if self.stack.is_notified() && self.is_attributed() {
            self.recorded(row, change, make)
        } else {
            make(self.stack)
        }
    }

    /// Records a change, and makes it. It is not inlined: otherwise a change that is not attributed would
    /// save its registers.
    #[inline(never)]
    fn recorded(
        &mut self,
        row: &MibIpForwardRow2,
        change: Change,
        make: impl FnOnce(&mut Stack) -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        // The lock raises the IRQL, and the row may be in paged memory. Otherwise the compiler could
        // read the row under the lock.
        let key = black_box(ChangeKey::of(row, change));
        let (handle, now) = (self.handle, self.now);
        self.watch.with(self.stack, |watch| {
            watch.events.record_change(handle, key, now);
        });
        let outcome = make(self.stack);
        if outcome.is_err() {
            self.watch.with(self.stack, |watch| {
                watch.events.cancel_change(handle, key);
            });
        }
        outcome
    }
}

impl<Stack: NetworkStack, WatchLock: Lock<WatchState, Stack>> NetworkStack
    for AttributingStack<'_, Stack, WatchLock>
{
    type Routes = Stack::Routes;
    type Interfaces = Stack::Interfaces;
    type Addresses = Stack::Addresses;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.initialize()
    }

    fn create(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.attributed(row, Change::Added, |stack| stack.create(row))
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.attributed(row, Change::Changed, |stack| stack.set(row))
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.attributed(row, Change::Removed, |stack| stack.delete(row))
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.get(row)
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.stack.routes(family)
    }

    fn best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        self.stack.best_route(lookup)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.stack.interface(row)
    }

    /// The events of interfaces do not say which handle made the change.
    fn set_interface(&mut self, row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        self.stack.set_interface(row)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        self.stack.interfaces(family)
    }

    fn addresses(&self, family: AddressFamily) -> Result<Self::Addresses, NtStatus> {
        self.stack.addresses(family)
    }

    fn interface_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.stack.interface_guid(luid)
    }

    fn interface_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        self.stack.interface_luid(guid)
    }

    fn compartment(&self) -> CompartmentId {
        self.stack.compartment()
    }

    fn enter(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.stack.enter(compartment)
    }

    fn leave(&self, before: CompartmentId) {
        self.stack.leave(before);
    }
}
