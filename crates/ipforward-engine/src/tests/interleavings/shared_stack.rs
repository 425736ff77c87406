//! A small network stack for several threads: each call is one step, and what it notifies waits
//! until somebody delivers it.

extern crate std;

use std::collections::VecDeque;
use std::vec::Vec;

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
};
use loom::sync::Mutex;

use super::super::stack::{ModelStack, Table};
use crate::events::Change;
use crate::network_stack::NetworkStack;

pub(super) struct SharedStack(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    table: Table,
    notifications: VecDeque<(Change, MibIpForwardRow2)>,
}

impl SharedStack {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Inner::default()))
    }

    /// The oldest notification that was not delivered.
    pub(super) fn notification(&self) -> Option<(Change, MibIpForwardRow2)> {
        self.0.lock().unwrap().notifications.pop_front()
    }

    pub(super) fn table(&self) -> Table {
        self.0.lock().unwrap().table.clone()
    }

    fn with<R>(
        &self,
        row: &MibIpForwardRow2,
        body: impl FnOnce(
            &mut Inner,
            crate::route_key::RouteKey,
            MibIpForwardRow2,
        ) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        let key = ModelStack::key(row);
        let kept = MibIpForwardRow2 {
            interface_luid: key.luid(),
            interface_index: 7,
            ..*row
        };
        body(&mut self.0.lock().unwrap(), key, kept)
    }
}

impl NetworkStack for SharedStack {
    type Routes = Vec<MibIpForwardRow2>;
    type Interfaces = Vec<MibIpInterfaceRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        Ok(MibIpForwardRow2::default())
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(row, |inner, key, row| {
            if inner.table.contains_key(&key) {
                return Err(NtStatus::DUPLICATE_OBJECTID);
            }
            inner.table.insert(key, row);
            inner.notifications.push_back((Change::Added, row));
            Ok(())
        })
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(row, |inner, key, row| {
            *inner.table.get_mut(&key).ok_or(NtStatus::NOT_FOUND)? = row;
            inner.notifications.push_back((Change::Changed, row));
            Ok(())
        })
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.with(row, |inner, key, _| {
            let row = inner.table.remove(&key).ok_or(NtStatus::NOT_FOUND)?;
            inner.notifications.push_back((Change::Removed, row));
            Ok(())
        })
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.with(row, |inner, key, _| {
            inner.table.get(&key).copied().ok_or(NtStatus::NOT_FOUND)
        })
    }

    fn routes(&self, _family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        Err(NtStatus::NOT_FOUND)
    }

    fn best_route(&self, _request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        Err(NtStatus::NETWORK_UNREACHABLE)
    }

    /// The one interface does not come and go here, so that asking for it is no step.
    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        Ok(MibIpInterfaceRow {
            interface_luid: ModelStack::LUID,
            interface_index: 7,
            ..*row
        })
    }

    fn interfaces(&self, _family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        Err(NtStatus::NOT_FOUND)
    }
}
