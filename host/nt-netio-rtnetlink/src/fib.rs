//! The routing tables of Linux: for each route of Windows, the entries that Linux has for it.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use nt_netio::memory::table::RouteKey;
use smallvec::SmallVec;

use crate::entry::Entry;

/// What Linux has, by the names that Windows has for the routes.
#[derive(Default)]
pub(crate) struct Fib(HashMap<RouteKey, FibRoute, FixedState>);

/// What Linux has for a route of Windows.
#[derive(Default)]
struct FibRoute {
    /// Most routes have one entry. One that was just made here may have none yet.
    entries: SmallVec<[Entry; 1]>,
    /// Whether the route was made or set here.
    is_own: bool,
}

impl Fib {
    /// The entries of a route.
    pub(crate) fn of(&self, key: &RouteKey) -> &[Entry] {
        self.0.get(key).map_or(&[], |route| &route.entries)
    }

    /// The entry that Linux takes before the others.
    pub(crate) fn first(&self, key: &RouteKey) -> Option<Entry> {
        self.of(key).iter().copied().min_by_key(Entry::rank)
    }

    /// Every route.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &RouteKey> {
        self.0.keys()
    }

    pub(crate) fn add(&mut self, key: RouteKey, entry: Entry) {
        let entries = &mut self.0.entry(key).or_default().entries;
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }

    pub(crate) fn remove(&mut self, key: &RouteKey, entry: &Entry) {
        if let Some(FibRoute { entries, .. }) = self.0.get_mut(key) {
            entries.retain(|known| &*known != entry);
            if entries.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// The route was made or set here, and is the host's own until its last entry is removed.
    pub(crate) fn mark_own(&mut self, key: &RouteKey) {
        self.0.entry(*key).or_default().is_own = true;
    }

    /// Whether the route is the host's own.
    pub(crate) fn is_own(&self, key: &RouteKey) -> bool {
        self.0.get(key).is_some_and(|route| route.is_own)
    }

    /// The routes that are own in `before` are own here, too, if they have entries.
    pub(crate) fn mark_own_as_in(&mut self, before: &Self) {
        for (key, route) in &mut self.0 {
            route.is_own |= before.is_own(key);
        }
    }

    /// The routes whose entries differ in `other`, in their order.
    pub(crate) fn differences(&self, other: &Self) -> Vec<RouteKey> {
        let gone = self.keys().filter(|key| other.of(key).is_empty());
        let changed = other.keys().filter(|key| self.of(key) != other.of(key));
        let mut all: Vec<RouteKey> = gone.chain(changed).copied().collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Path;

    fn key(next_hop: &str) -> RouteKey {
        RouteKey {
            prefix: "10.20.0.0/16".parse().unwrap(),
            luid: 7,
            next_hop: next_hop.parse().unwrap(),
        }
    }

    fn entry(priority: u32) -> Entry {
        let path = Path {
            prefix: "10.20.0.0/16".parse().unwrap(),
            interface: 7,
            next_hop: "192.0.2.254".parse().unwrap(),
        };
        Entry::new(&path, priority)
    }

    #[test]
    fn the_lowest_priority_comes_first() {
        let mut fib = Fib::default();
        for priority in [30, 10, 20] {
            fib.add(key("192.0.2.254"), entry(priority));
        }
        assert_eq!(fib.first(&key("192.0.2.254")), Some(entry(10)));
        fib.remove(&key("192.0.2.254"), &entry(10));
        assert_eq!(fib.first(&key("192.0.2.254")), Some(entry(20)));
    }

    #[test]
    fn a_route_is_own_until_its_last_entry_is_removed() {
        let (own, foreign) = (key("192.0.2.1"), key("192.0.2.2"));
        let mut before = Fib::default();
        before.mark_own(&own);
        let mut fib = Fib::default();
        for route in [own, foreign] {
            fib.add(route, entry(10));
        }
        fib.add(own, entry(20));
        fib.mark_own_as_in(&before);
        assert!(fib.is_own(&own) && !fib.is_own(&foreign));
        fib.remove(&own, &entry(10));
        assert!(fib.is_own(&own));
        fib.remove(&own, &entry(20));
        fib.add(own, entry(10));
        assert!(!fib.is_own(&own));
    }

    #[test]
    fn the_differences_are_what_came_went_or_changed() {
        let [stays, goes, comes, changes] =
            ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map(key);
        let (mut before, mut after) = <(Fib, Fib)>::default();
        for route in [stays, goes, changes] {
            before.add(route, entry(10));
        }
        for route in [stays, comes] {
            after.add(route, entry(10));
        }
        after.add(changes, entry(20));
        assert_eq!(before.differences(&after), [goes, comes, changes]);
    }
}
