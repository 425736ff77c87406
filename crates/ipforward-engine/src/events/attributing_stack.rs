//! The stack with a witness: each change is announced to the watch before it is made, so that its
//! notification can be told as the handle's own.

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
};

use crate::events::{Change, EventLog};
use crate::handle::Lock;
use crate::network_stack::NetworkStack;

/// A stack whose changes are announced as those of one handle.
pub(crate) struct AttributingStack<'a, Stack, WatchLock> {
    pub(crate) stack: &'a Stack,
    pub(crate) watch: &'a WatchLock,
    pub(crate) handle: u64,
    pub(crate) now: u64,
}

impl<Stack: NetworkStack, WatchLock: Lock<EventLog>> AttributingStack<'_, Stack, WatchLock> {
    fn announced(
        &self,
        row: &MibIpForwardRow2,
        change: Change,
        make: impl FnOnce() -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        self.watch
            .with(|watch| watch.record_change(self.handle, row, change, self.now));
        make().inspect_err(|_| {
            self.watch
                .with(|watch| watch.cancel_change(self.handle, row, change));
        })
    }
}

impl<Stack: NetworkStack, WatchLock: Lock<EventLog>> NetworkStack
    for AttributingStack<'_, Stack, WatchLock>
{
    type Routes = Stack::Routes;
    type Interfaces = Stack::Interfaces;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.initialize()
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.announced(row, Change::Added, || self.stack.create(row))
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.announced(row, Change::Changed, || self.stack.set(row))
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.announced(row, Change::Removed, || self.stack.delete(row))
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.stack.get(row)
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.stack.routes(family)
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        self.stack.best_route(request)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.stack.interface(row)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        self.stack.interfaces(family)
    }
}
