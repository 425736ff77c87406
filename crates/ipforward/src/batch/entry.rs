//! One change of a batch.

use abi::apply::{
    ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE, ENTRY_SET,
    ENTRY_SHARE, ENTRY_UPSERT,
};
use abi::{ApplyEntry, MibIpForwardRow2};

use crate::route::{Route, RouteKey};

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Creates a route.
    Create(Route),
    /// Changes everything but the keys of a route.
    Set(Route),
    /// Deletes a route.
    Delete(RouteKey),
    /// Creates a route, or changes the one that is there.
    Upsert(Route),
    /// Changes a route if it is still as expected.
    CompareAndSet {
        /// What the route must be; age and origin are not looked at.
        expected: Route,
        /// What it becomes.
        route: Route,
    },
}

/// One change of a [`Batch`](crate::Batch), and whether the route is to belong to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an entry changes nothing until its batch is applied"]
pub struct Entry {
    change: Change,
    flags: u32,
}

impl Entry {
    const fn new(change: Change) -> Self {
        Self { change, flags: 0 }
    }

    /// Creates the route, as [`Device::create_route`](crate::Device::create_route) does.
    pub const fn create(route: &Route) -> Self {
        Self::new(Change::Create(*route))
    }

    /// Changes the route, as [`Device::set_route`](crate::Device::set_route) does.
    pub const fn set(route: &Route) -> Self {
        Self::new(Change::Set(*route))
    }

    /// Deletes the route, as [`Device::delete_route`](crate::Device::delete_route) does. With
    /// [`lease`](Self::lease) the device's lease of it ends instead, as if it were closed.
    pub const fn delete(key: &RouteKey) -> Self {
        Self::new(Change::Delete(*key))
    }

    /// Creates the route, or changes the one that is there.
    pub const fn upsert(route: &Route) -> Self {
        Self::new(Change::Upsert(*route))
    }

    /// Changes the route if it is still as `expected`; else it is refused with
    /// [`Reason::Changed`](crate::Reason::Changed).
    pub const fn compare_and_set(expected: &Route, route: &Route) -> Self {
        Self::new(Change::CompareAndSet {
            expected: *expected,
            route: *route,
        })
    }

    /// The same entry for a route that belongs to the device, and goes when the device is dropped
    /// or its process ends, however that happens.
    pub const fn lease(mut self) -> Self {
        self.flags |= ENTRY_LEASE;
        self
    }

    /// The same entry for a leased route that other handles may hold too, if they say so as well.
    /// It goes with the last of them. Means [`lease`](Self::lease).
    pub const fn share(mut self) -> Self {
        self.flags |= ENTRY_LEASE | ENTRY_SHARE;
        self
    }

    /// The same entry for a leased route that is put back if somebody else removes or changes it.
    /// Means [`lease`](Self::lease).
    pub const fn guard(mut self) -> Self {
        self.flags |= ENTRY_LEASE | ENTRY_GUARD;
        self
    }

    /// What it does.
    #[must_use]
    pub const fn change(&self) -> &Change {
        &self.change
    }

    /// The route that it is about. Of a route to be deleted only the keys are known.
    #[must_use]
    pub fn route(&self) -> Route {
        match self.change {
            Change::Create(route)
            | Change::Set(route)
            | Change::Upsert(route)
            | Change::CompareAndSet { route, .. } => route,
            Change::Delete(key) => Route::new(key.destination, key.interface).via(key.next_hop),
        }
    }

    /// Whether the route is to belong to the device.
    #[must_use]
    pub const fn is_leased(&self) -> bool {
        self.flags & ENTRY_LEASE != 0
    }
}

impl From<&Entry> for ApplyEntry {
    fn from(entry: &Entry) -> Self {
        let (operation, expected) = match &entry.change {
            Change::Create(_) => (ENTRY_CREATE, MibIpForwardRow2::default()),
            Change::Set(_) => (ENTRY_SET, MibIpForwardRow2::default()),
            Change::Delete(_) => (ENTRY_DELETE, MibIpForwardRow2::default()),
            Change::Upsert(_) => (ENTRY_UPSERT, MibIpForwardRow2::default()),
            Change::CompareAndSet { expected, .. } => (ENTRY_COMPARE_AND_SET, expected.into()),
        };
        Self {
            operation,
            flags: entry.flags,
            row: MibIpForwardRow2::from(&entry.route()),
            expected,
        }
    }
}
