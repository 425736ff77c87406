//! The route table of a fake stack.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::Vec;

use abi::{MibIpForwardRow2, NtStatus};

use crate::compartment::CompartmentId;
use crate::events::Change;
use crate::route_key::RouteKey;

/// Routes by key.
pub(crate) type Table = BTreeMap<RouteKey, MibIpForwardRow2>;

/// The routes of a fake stack, and the notifications that were not taken yet.
#[derive(Debug, Default)]
pub struct FakeTables {
    routes: BTreeMap<RouteKey, (u64, MibIpForwardRow2)>,
    /// Routes that were created so far.
    created: u64,
    notifications: VecDeque<(Change, MibIpForwardRow2)>,
}

impl FakeTables {
    pub(super) fn table(&self) -> Table {
        self.routes
            .iter()
            .map(|(key, (_, row))| (*key, *row))
            .collect()
    }

    /// The routes in the order in which they were created.
    pub(super) fn rows(&self) -> Vec<MibIpForwardRow2> {
        let mut rows: Vec<_> = self.routes.values().copied().collect();
        rows.sort_by_key(|(created, _)| *created);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    pub(super) fn get(&self, key: &RouteKey) -> Result<MibIpForwardRow2, NtStatus> {
        let found = self.routes.get(key).map(|(_, row)| *row);
        found.ok_or(NtStatus::NOT_FOUND)
    }

    /// Adds a route without a notification.
    pub(super) fn insert(&mut self, key: RouteKey, row: MibIpForwardRow2) {
        self.created = self.created.wrapping_add(1);
        self.routes.insert(key, (self.created, row));
    }

    pub(super) fn create(&mut self, key: RouteKey, row: MibIpForwardRow2) -> Result<(), NtStatus> {
        if self.routes.contains_key(&key) {
            return Err(NtStatus::DUPLICATE_OBJECTID);
        }
        self.insert(key, row);
        self.notify(&key, Change::Added, row);
        Ok(())
    }

    pub(super) fn set(&mut self, key: &RouteKey, row: MibIpForwardRow2) -> Result<(), NtStatus> {
        let (_, there) = self.routes.get_mut(key).ok_or(NtStatus::NOT_FOUND)?;
        *there = row;
        self.notify(key, Change::Changed, row);
        Ok(())
    }

    /// Gives a route new lifetimes.
    pub(super) fn refresh(&mut self, key: &RouteKey, seconds: u32) -> Result<(), NtStatus> {
        let refreshed = MibIpForwardRow2 {
            valid_lifetime: seconds,
            preferred_lifetime: seconds,
            ..self.get(key)?
        };
        self.set(key, refreshed)
    }

    pub(super) fn delete(&mut self, key: &RouteKey) -> Result<(), NtStatus> {
        let (_, row) = self.routes.remove(key).ok_or(NtStatus::NOT_FOUND)?;
        self.notify(key, Change::Removed, row);
        Ok(())
    }

    /// Notifies a change in the default compartment.
    fn notify(&mut self, key: &RouteKey, change: Change, row: MibIpForwardRow2) {
        if key.compartment() == CompartmentId::DEFAULT {
            self.notifications.push_back((change, row));
        }
    }

    /// Deletes all routes.
    pub(super) fn clear(&mut self) {
        for (key, (_, row)) in core::mem::take(&mut self.routes) {
            self.notify(&key, Change::Removed, row);
        }
    }

    pub(super) fn notifications(&mut self) -> &mut VecDeque<(Change, MibIpForwardRow2)> {
        &mut self.notifications
    }
}

/// The lock of the tables. Each call of the stack takes it once.
pub trait TablesLock: Default {
    /// Runs `body` with the tables.
    fn with<R>(&self, body: impl FnOnce(&mut FakeTables) -> R) -> R;
}

impl TablesLock for Mutex<FakeTables> {
    fn with<R>(&self, body: impl FnOnce(&mut FakeTables) -> R) -> R {
        body(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A table that the stack allocated. Live tables are counted.
#[derive(Debug)]
pub struct FakeTable<Row> {
    rows: Vec<Row>,
    live: Arc<AtomicUsize>,
}

impl<Row> FakeTable<Row> {
    pub(super) fn new(rows: Vec<Row>, live: &Arc<AtomicUsize>) -> Self {
        live.fetch_add(1, Ordering::Relaxed);
        Self {
            rows,
            live: Arc::clone(live),
        }
    }
}

impl<Row> AsRef<[Row]> for FakeTable<Row> {
    fn as_ref(&self) -> &[Row] {
        &self.rows
    }
}

impl<Row> Drop for FakeTable<Row> {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}
