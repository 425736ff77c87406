//! A declared set of routes.

use super::Entry;
use crate::route::Route;

/// The routes that a device is to hold, in order. See [`Device::declare`](crate::Device::declare).
///
/// ```
/// use ipforward::{Interface, IpNet, Route, RouteSet};
///
/// let destination: IpNet = "10.20.0.0/16".parse()?;
/// let set: RouteSet = [Route::new(destination, Interface::Index(7))].into_iter().collect();
/// assert_eq!(set.entries().len(), 1);
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a set changes nothing until it is declared"]
pub struct RouteSet(Vec<Entry>);

impl RouteSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route that only this device may lease.
    pub fn with(mut self, route: &Route) -> Self {
        self.0.push(Entry::upsert(route).lease());
        self
    }

    /// Adds a route that other handles may share.
    pub fn with_shared(mut self, route: &Route) -> Self {
        self.0.push(Entry::upsert(route).share());
        self
    }

    /// Adds a route that the driver restores when another program removes or changes it.
    pub fn with_guarded(mut self, route: &Route) -> Self {
        self.0.push(Entry::upsert(route).guard());
        self
    }

    /// The entries of the batch for this set.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
}

impl FromIterator<Route> for RouteSet {
    fn from_iter<T: IntoIterator<Item = Route>>(routes: T) -> Self {
        routes
            .into_iter()
            .map(|route| Entry::upsert(&route).lease())
            .collect::<Vec<_>>()
            .into()
    }
}

impl From<Vec<Entry>> for RouteSet {
    /// The set of these entries. All must be upserts with a lease; the driver refuses others.
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries)
    }
}
