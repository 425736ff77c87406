//! A network stack that behaves as the documentation says, remembers who was told what, and fails
//! when it is told to.

extern crate std;

use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::vec::Vec;

use abi::route::UNSPECIFIED;
use abi::{
    AddressFamily, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
};

use crate::events::Change;
use crate::network_stack::NetworkStack;
use crate::route_key::RouteKey;

/// Looks at the table.
type Probe = Box<dyn Fn(&Table)>;

pub(super) type Table = BTreeMap<RouteKey, MibIpForwardRow2>;

#[derive(Default)]
pub(super) struct ModelStack {
    table: RefCell<Table>,
    notifications: RefCell<Vec<(Change, MibIpForwardRow2)>>,
    /// Calls that change something, successful or not.
    pub(super) writes: Cell<u64>,
    pub(super) calls: Cell<u64>,
    /// Which call fails, counted from now; and how many do.
    fails: Cell<Option<(u64, u64)>>,
    failed: Cell<bool>,
    pub(super) interface_is_gone: Cell<bool>,
    /// Looks at the table before each call.
    pub(super) probe: RefCell<Option<Probe>>,
}

impl ModelStack {
    /// The interface's LUID.
    pub(super) const LUID: u64 = 0x0006_0080_0100_0000;

    /// Lets the call with this number fail, from 0; and as many after it.
    pub(super) fn fail(&self, call: u64, count: u64) {
        self.fails.set(Some((call, count)));
    }

    /// Lets no call fail any more. Answers whether one has since.
    pub(super) fn heal(&self) -> bool {
        self.fails.set(None);
        self.failed.replace(false)
    }

    pub(super) fn table(&self) -> Table {
        self.table.borrow().clone()
    }

    pub(super) fn notifications(&self) -> Vec<(Change, MibIpForwardRow2)> {
        self.notifications.take()
    }

    pub(super) fn notifications_are_read(&self) -> bool {
        self.notifications.borrow().is_empty()
    }

    pub(super) fn has(&self, row: &MibIpForwardRow2) -> bool {
        self.table.borrow().contains_key(&Self::key(row))
    }

    /// All routes vanish with the interface.
    pub(super) fn remove_interface(&self) {
        self.interface_is_gone.set(true);
        for (_, row) in self.table.take() {
            self.notifications.borrow_mut().push((Change::Removed, row));
        }
    }

    pub(super) fn key(row: &MibIpForwardRow2) -> RouteKey {
        RouteKey::on(Self::LUID, row)
    }

    fn call(&self) -> Result<(), NtStatus> {
        if let Some(probe) = &*self.probe.borrow() {
            probe(&self.table.borrow());
        }
        self.calls.set(self.calls.get() + 1);
        match self.fails.get() {
            Some((0, 0)) | None => Ok(()),
            Some((0, count)) => {
                self.fails.set(Some((0, count - 1)));
                self.failed.set(true);
                Err(NtStatus::NO_MEMORY)
            }
            Some((call, count)) => {
                self.fails.set(Some((call - 1, count)));
                Ok(())
            }
        }
    }

    fn find(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        let luid_fits = row.interface_luid == Self::LUID || row.interface_luid == 0;
        let index_fits = row.interface_luid != 0 || row.interface_index == 7;
        if self.interface_is_gone.get() || !luid_fits || !index_fits {
            return Err(NtStatus::NOT_FOUND);
        }
        Ok(Self::key(row))
    }

    fn note(&self, change: Change, row: MibIpForwardRow2) {
        self.notifications.borrow_mut().push((change, row));
    }
}

/// The row as the stack keeps it.
pub(super) fn kept(row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
    if row.preferred_lifetime > row.valid_lifetime || row.destination_prefix.prefix_length > 32 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(MibIpForwardRow2 {
        interface_luid: ModelStack::LUID,
        interface_index: 7,
        metric: if row.metric == UNSPECIFIED {
            256
        } else {
            row.metric
        },
        age: 0,
        origin: 0,
        ..*row
    })
}

impl NetworkStack for ModelStack {
    type Routes = Vec<MibIpForwardRow2>;
    type Interfaces = Vec<MibIpInterfaceRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        Ok(MibIpForwardRow2::default())
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.call()?;
        self.writes.set(self.writes.get() + 1);
        let (row, key) = (kept(row)?, self.find(row)?);
        if self.table.borrow().contains_key(&key) {
            return Err(NtStatus::DUPLICATE_OBJECTID);
        }
        self.table.borrow_mut().insert(key, row);
        self.note(Change::Added, row);
        Ok(())
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.call()?;
        self.writes.set(self.writes.get() + 1);
        let (row, key) = (kept(row)?, self.find(row)?);
        let mut table = self.table.borrow_mut();
        *table.get_mut(&key).ok_or(NtStatus::NOT_FOUND)? = row;
        self.note(Change::Changed, row);
        Ok(())
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.call()?;
        self.writes.set(self.writes.get() + 1);
        let key = self.find(row)?;
        let removed = self.table.borrow_mut().remove(&key);
        self.note(Change::Removed, removed.ok_or(NtStatus::NOT_FOUND)?);
        Ok(())
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.call()?;
        let key = self.find(row)?;
        let found = self.table.borrow().get(&key).copied();
        found.ok_or(NtStatus::NOT_FOUND)
    }

    fn routes(&self, _family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.call()?;
        Ok(self.table.borrow().values().copied().collect())
    }

    fn best_route(&self, _request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        Err(NtStatus::NETWORK_UNREACHABLE)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.call()?;
        self.find(&MibIpForwardRow2 {
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            ..MibIpForwardRow2::default()
        })?;
        Ok(MibIpInterfaceRow {
            interface_luid: Self::LUID,
            interface_index: 7,
            ..*row
        })
    }

    fn interfaces(&self, _family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        Err(NtStatus::NOT_FOUND)
    }
}
