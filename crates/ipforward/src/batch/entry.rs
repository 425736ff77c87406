//! One entry of a batch.

use abi::apply::{
    ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE, ENTRY_SET,
    ENTRY_SHARE, ENTRY_UPSERT,
};
use abi::{ApplyEntry, MibIpForwardRow2};

use crate::route::{Interface, Route, RouteKey};

/// The change that an entry makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryChange {
    /// Creates a route.
    Create(Route),
    /// Changes everything but the keys of a route.
    Set(Route),
    /// Deletes a route.
    Delete(RouteKey),
    /// Creates a route, or changes the existing one.
    Upsert(Route),
    /// Changes a route if it still matches the expected one.
    CompareAndSet {
        /// The expected route; age and origin are ignored. In a box, so that no other change needs the
        /// memory of two routes.
        expected: Box<Route>,
        /// The new route.
        route: Route,
    },
}

/// One change of a [`Batch`](crate::Batch), and the lease that it takes or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an entry changes nothing until its batch is applied"]
pub struct Entry {
    change: EntryChange,
    flags: u32,
}

impl Entry {
    const fn new(change: EntryChange) -> Self {
        Self { change, flags: 0 }
    }

    /// Creates the route, as [`Device::create_route`](crate::Device::create_route) does.
    pub const fn create(route: &Route) -> Self {
        Self::new(EntryChange::Create(*route))
    }

    /// Changes the route, as [`Device::set_route`](crate::Device::set_route) does.
    pub const fn set(route: &Route) -> Self {
        Self::new(EntryChange::Set(*route))
    }

    /// Deletes the route, as [`Device::delete_route`](crate::Device::delete_route) does. With
    /// [`lease`](Self::lease) it ends the device's lease instead, as closing the device does.
    pub const fn delete(key: &RouteKey) -> Self {
        Self::new(EntryChange::Delete(*key))
    }

    /// Creates the route, or changes the existing one.
    pub const fn upsert(route: &Route) -> Self {
        Self::new(EntryChange::Upsert(*route))
    }

    /// Changes the route if it still matches `expected`; else the entry fails with
    /// [`Reason::Changed`](crate::Reason::Changed).
    pub fn compare_and_set(expected: &Route, route: &Route) -> Self {
        Self::new(EntryChange::CompareAndSet {
            expected: Box::new(*expected),
            route: *route,
        })
    }

    /// Leases the route: the driver removes it when the device is dropped or its process ends, also
    /// when it is killed.
    pub const fn lease(mut self) -> Self {
        self.flags |= ENTRY_LEASE;
        self
    }

    /// Leases the route and allows other handles to share it. The driver removes it when the last
    /// lease ends. Implies [`lease`](Self::lease).
    pub const fn share(mut self) -> Self {
        self.flags |= ENTRY_LEASE | ENTRY_SHARE;
        self
    }

    /// Leases the route; the driver restores it when another program removes or changes it. Implies
    /// [`lease`](Self::lease).
    pub const fn guard(mut self) -> Self {
        self.flags |= ENTRY_LEASE | ENTRY_GUARD;
        self
    }

    /// The change that the entry makes.
    #[must_use]
    pub const fn change(&self) -> &EntryChange {
        &self.change
    }

    /// The route that the entry changes. For a deletion only the keys are set.
    #[must_use]
    pub fn route(&self) -> Route {
        match &self.change {
            EntryChange::Create(route)
            | EntryChange::Set(route)
            | EntryChange::Upsert(route)
            | EntryChange::CompareAndSet { route, .. } => *route,
            EntryChange::Delete(key) => Route::from(key),
        }
    }

    /// True if a route of the entry names its interface by an alias.
    pub(crate) fn has_alias(&self) -> bool {
        let is_alias = |interface| matches!(interface, Interface::Alias(_));
        let expected = match &self.change {
            EntryChange::CompareAndSet { expected, .. } => is_alias(expected.interface),
            _ => false,
        };
        expected || is_alias(self.route().interface)
    }

    /// The same entry with other interfaces.
    pub(crate) fn map_interfaces<E>(
        &self,
        map: &mut impl FnMut(Interface) -> Result<Interface, E>,
    ) -> Result<Self, E> {
        let mut of_route = |route: Route| {
            let interface = map(route.interface)?;
            Ok(Route { interface, ..route })
        };
        let change = match &self.change {
            EntryChange::Create(route) => EntryChange::Create(of_route(*route)?),
            EntryChange::Set(route) => EntryChange::Set(of_route(*route)?),
            EntryChange::Upsert(route) => EntryChange::Upsert(of_route(*route)?),
            EntryChange::Delete(key) => EntryChange::Delete(of_route(Route::from(key))?.key()),
            EntryChange::CompareAndSet { expected, route } => EntryChange::CompareAndSet {
                expected: Box::new(of_route(**expected)?),
                route: of_route(*route)?,
            },
        };
        let flags = self.flags;
        Ok(Self { change, flags })
    }

    /// True if the entry takes or ends a lease.
    #[must_use]
    pub const fn is_leased(&self) -> bool {
        self.flags & ENTRY_LEASE != 0
    }

    /// True if the entry takes a lease with a guard.
    #[must_use]
    pub const fn is_guarded(&self) -> bool {
        self.flags & ENTRY_GUARD != 0
    }
}

impl From<&Entry> for ApplyEntry {
    fn from(entry: &Entry) -> Self {
        let (operation, expected) = match &entry.change {
            EntryChange::Create(_) => (ENTRY_CREATE, MibIpForwardRow2::default()),
            EntryChange::Set(_) => (ENTRY_SET, MibIpForwardRow2::default()),
            EntryChange::Delete(_) => (ENTRY_DELETE, MibIpForwardRow2::default()),
            EntryChange::Upsert(_) => (ENTRY_UPSERT, MibIpForwardRow2::default()),
            EntryChange::CompareAndSet { expected, .. } => {
                (ENTRY_COMPARE_AND_SET, (&**expected).into())
            }
        };
        Self {
            operation,
            flags: entry.flags,
            row: MibIpForwardRow2::from(&entry.route()),
            expected,
        }
    }
}
