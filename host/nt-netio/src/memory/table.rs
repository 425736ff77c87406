//! The route table: routes by destination prefix, with the index for look-ups.
//!
//! The cost of a change does not grow with the table: a prefix is found by its hash, and a look-up
//! tries the prefix lengths that there are. (In a trie each step down is a line that a table of a
//! million routes does not have in the cache.)

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::FixedState;
use ipnet::IpNet;
use nt_types::MibIpForwardRow2;
use nt_types::route::INFINITE_LIFETIME;

/// What names one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteKey {
    /// The destination.
    pub prefix: IpNet,
    /// The interface.
    pub luid: u64,
    /// The next hop; unspecified for an on-link route.
    pub next_hop: IpAddr,
}

/// One route as it was made or last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub key: RouteKey,
    /// Its row as of `since`.
    pub row: MibIpForwardRow2,
    /// When it was made or last changed.
    pub since: Duration,
}

impl Route {
    /// The row as it reads at `now`: grown older, with less to live.
    #[must_use]
    pub fn read(&self, now: Duration) -> MibIpForwardRow2 {
        let age = u32::try_from(now.saturating_sub(self.since).as_secs()).unwrap_or(u32::MAX);
        MibIpForwardRow2 {
            age,
            valid_lifetime: remaining(self.row.valid_lifetime, age),
            preferred_lifetime: remaining(self.row.preferred_lifetime, age),
            ..self.row
        }
    }

    fn expires(&self) -> Option<Duration> {
        let lifetime = self.row.valid_lifetime;
        (lifetime != INFINITE_LIFETIME)
            .then(|| self.since + Duration::from_secs(u64::from(lifetime)))
    }
}

const fn remaining(lifetime: u32, age: u32) -> u32 {
    if lifetime == INFINITE_LIFETIME {
        INFINITE_LIFETIME
    } else {
        lifetime.saturating_sub(age)
    }
}

/// All routes of the machine.
#[derive(Default)]
pub struct RouteTable {
    /// The first route of each prefix. Nothing has to be kept from choosing prefixes whose hashes are
    /// equal, and a fixed hash makes two runs of the host alike.
    by_prefix: HashMap<HashedPrefix, Place, FixedState>,
    places: Places,
    lengths: PrefixLengths,
    by_expiry: BTreeSet<(Duration, RouteKey)>,
}

impl RouteTable {
    /// The route of that name.
    #[must_use]
    pub fn get(&self, key: &RouteKey) -> Option<&Route> {
        self.at(key.prefix).find(|route| route.key == *key)
    }

    /// The first route to `prefix` through an interface, whatever its next hop.
    #[must_use]
    pub fn first(&self, prefix: &IpNet, luid: u64) -> Option<&Route> {
        self.at(*prefix).find(|route| route.key.luid == luid)
    }

    fn at(&self, prefix: IpNet) -> impl Iterator<Item = &Route> {
        let first = self.by_prefix.get(&HashedPrefix(prefix)).copied();
        self.places.from(first).map(|(_, route)| route)
    }

    /// Adds a route, in the place of one with the same name.
    pub fn put(&mut self, route: Route) {
        self.remove(&route.key);
        self.add(&route);
    }

    /// Adds a route, unless there is one with the same name. Returns whether it did.
    pub fn add(&mut self, route: &Route) -> bool {
        match self.by_prefix.entry(HashedPrefix(route.key.prefix)) {
            Entry::Vacant(new) => {
                new.insert(self.places.take(route));
                *self.lengths.count_of(&route.key.prefix) += 1;
            }
            Entry::Occupied(first) => {
                let mut last = *first.get();
                for (place, known) in self.places.from(Some(last)) {
                    if known.key == route.key {
                        return false;
                    }
                    last = place;
                }
                let added = self.places.take(route);
                self.places.set_next(last, Some(added));
            }
        }
        if let Some(at) = route.expires() {
            self.by_expiry.insert((at, route.key));
        }
        true
    }

    /// Takes a route out.
    pub fn remove(&mut self, key: &RouteKey) -> Option<Route> {
        let Entry::Occupied(mut first) = self.by_prefix.entry(HashedPrefix(key.prefix)) else {
            return None;
        };
        let mut before = None;
        let (place, _) = self
            .places
            .from(Some(*first.get()))
            .find(|(place, route)| {
                let is_found = route.key == *key;
                if !is_found {
                    before = Some(*place);
                }
                is_found
            })?;
        let (route, next) = self.places.free(place);
        match (before, next) {
            (Some(before), _) => self.places.set_next(before, next),
            (None, Some(next)) => {
                first.insert(next);
            }
            (None, None) => {
                first.remove();
                *self.lengths.count_of(&key.prefix) -= 1;
            }
        }
        if let Some(at) = route.expires() {
            self.by_expiry.remove(&(at, route.key));
        }
        Some(route)
    }

    /// Takes the next route out whose time is over at `now`.
    pub fn expire_one(&mut self, now: Duration) -> Option<Route> {
        let &(_, key) = self.by_expiry.first().filter(|(at, _)| *at <= now)?;
        self.remove(&key)
    }

    /// Every route, IPv4 first, in the order of their prefixes.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        let mut all: Vec<_> = self.by_prefix.iter().collect();
        all.sort_unstable_by_key(|(prefix, _)| prefix.0);
        all.into_iter()
            .flat_map(|(_, first)| self.places.from(Some(*first)))
            .map(|(_, route)| route)
    }

    /// The routes whose prefix holds `address`, the shortest prefix first.
    pub fn covering(&self, address: IpAddr) -> impl Iterator<Item = &Route> {
        self.lengths
            .used(address)
            .filter_map(move |length| IpNet::new(address, length).ok())
            .flat_map(|prefix| self.at(prefix.trunc()))
    }
}

/// The number of prefixes of each length.
struct PrefixLengths {
    ipv4: [usize; 33],
    ipv6: [usize; 129],
}

impl Default for PrefixLengths {
    fn default() -> Self {
        Self {
            ipv4: [0; 33],
            ipv6: [0; 129],
        }
    }
}

impl PrefixLengths {
    /// The number of prefixes that are as long as this one.
    fn count_of(&mut self, prefix: &IpNet) -> &mut usize {
        let length = usize::from(prefix.prefix_len());
        match prefix {
            IpNet::V4(_) => &mut self.ipv4[length],
            IpNet::V6(_) => &mut self.ipv6[length],
        }
    }

    /// The lengths that prefixes of the family of `address` have.
    fn used(&self, address: IpAddr) -> impl Iterator<Item = u8> {
        let counts = match address {
            IpAddr::V4(_) => &self.ipv4[..],
            IpAddr::V6(_) => &self.ipv6[..],
        };
        let counts = (0..).zip(counts);
        counts.filter_map(|(length, count)| (*count > 0).then_some(length))
    }
}

/// A prefix that is hashed as one or two numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
struct HashedPrefix(IpNet);

impl Hash for HashedPrefix {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let length = self.0.prefix_len();
        match self.0 {
            IpNet::V4(prefix) => {
                let address = u64::from(prefix.addr().to_bits());
                state.write_u64(address << 8 | u64::from(length));
            }
            IpNet::V6(prefix) => {
                state.write_u128(prefix.addr().to_bits());
                state.write_u8(length);
            }
        }
    }
}

/// Where a route is among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u32);

impl Place {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// All routes, in the order in which there was room for them: a prefix has a block of memory for itself
/// neither for its one route nor for several.
#[derive(Default)]
struct Places {
    all: Vec<Linked>,
    /// Those of routes that are gone.
    free: Vec<Place>,
}

/// A route, and the next one of its prefix.
#[derive(Clone, Copy)]
struct Linked {
    route: Route,
    next: Option<Place>,
}

impl Places {
    /// Finds room for a route that is the last of its prefix.
    ///
    /// # Panics
    ///
    /// For more than 2^32 routes.
    fn take(&mut self, route: &Route) -> Place {
        let linked = Linked {
            route: *route,
            next: None,
        };
        if let Some(place) = self.free.pop() {
            self.all[place.index()] = linked;
            return place;
        }
        let place = Place(self.all.len().try_into().expect("fewer than 2^32 routes"));
        self.all.push(linked);
        place
    }

    /// Frees the room of a route. The route, and the next one of its prefix.
    fn free(&mut self, place: Place) -> (Route, Option<Place>) {
        self.free.push(place);
        let Linked { route, next } = self.all[place.index()];
        (route, next)
    }

    fn set_next(&mut self, place: Place, next: Option<Place>) {
        self.all[place.index()].next = next;
    }

    /// The routes of a prefix from its `first` one on.
    fn from(&self, first: Option<Place>) -> impl Iterator<Item = (Place, &Route)> {
        let mut next = first;
        std::iter::from_fn(move || {
            let place = next?;
            let linked = &self.all[place.index()];
            next = linked.next;
            Some((place, &linked.route))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(prefix: &str, luid: u64, next_hop: &str, valid_lifetime: u32) -> Route {
        Route {
            key: RouteKey {
                prefix: prefix.parse().unwrap(),
                luid,
                next_hop: next_hop.parse().unwrap(),
            },
            row: MibIpForwardRow2 {
                valid_lifetime,
                preferred_lifetime: valid_lifetime,
                ..MibIpForwardRow2::default()
            },
            since: Duration::ZERO,
        }
    }

    #[test]
    fn routes_of_one_prefix_differ_by_interface_and_next_hop() {
        let mut table = RouteTable::default();
        let routes = [
            route("10.0.0.0/8", 1, "192.0.2.1", INFINITE_LIFETIME),
            route("10.0.0.0/8", 1, "192.0.2.2", INFINITE_LIFETIME),
            route("10.0.0.0/8", 2, "192.0.2.1", INFINITE_LIFETIME),
        ];
        for route in routes {
            table.put(route);
        }
        assert_eq!(table.iter().count(), 3);
        assert_eq!(table.remove(&routes[1].key), Some(routes[1]));
        assert_eq!(table.get(&routes[1].key), None);
        assert_eq!(table.first(&routes[0].key.prefix, 2), Some(&routes[2]));
    }

    #[test]
    fn each_of_several_routes_of_a_prefix_can_go_first() {
        let routes =
            [1, 2, 3].map(|luid| route("10.0.0.0/8", luid, "192.0.2.1", INFINITE_LIFETIME));
        for gone in &routes {
            let mut table = RouteTable::default();
            for route in &routes {
                assert!(table.add(route));
            }
            assert!(!table.add(gone));
            assert_eq!(table.remove(&gone.key), Some(*gone));
            assert_eq!(table.remove(&gone.key), None);
            let left = routes.iter().filter(|route| route.key != gone.key);
            assert!(table.iter().eq(left));
        }
    }

    #[test]
    fn the_room_of_a_route_that_is_gone_is_used_again() {
        let mut table = RouteTable::default();
        for prefix in ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"] {
            let route = route(prefix, 1, "192.0.2.1", INFINITE_LIFETIME);
            table.put(route);
            assert_eq!(table.remove(&route.key), Some(route));
        }
        assert_eq!(table.places.all.len(), 1);
    }

    #[test]
    fn a_look_up_meets_the_shortest_prefix_first() {
        let mut table = RouteTable::default();
        for prefix in [
            "10.1.0.0/16",
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.2.0.0/16",
            "::/0",
        ] {
            let next_hop = if prefix == "::/0" { "::1" } else { "192.0.2.1" };
            table.put(route(prefix, 1, next_hop, INFINITE_LIFETIME));
        }
        let lengths: Vec<_> = table
            .covering("10.1.2.3".parse().unwrap())
            .map(|route| route.key.prefix.prefix_len())
            .collect();
        assert_eq!(lengths, [0, 8, 16]);
    }

    #[test]
    fn routes_expire_in_the_order_of_their_ends() {
        let mut table = RouteTable::default();
        table.put(route("10.0.0.0/8", 1, "192.0.2.1", 20));
        table.put(route("10.1.0.0/16", 1, "192.0.2.1", 10));
        table.put(route("10.2.0.0/16", 1, "192.0.2.1", INFINITE_LIFETIME));
        assert_eq!(table.expire_one(Duration::from_secs(9)), None);
        let now = Duration::from_secs(100);
        let first = table.expire_one(now).unwrap();
        assert_eq!(first.row.valid_lifetime, 10);
        assert_eq!(table.expire_one(now).unwrap().row.valid_lifetime, 20);
        assert_eq!(table.expire_one(now), None);
    }

    #[test]
    fn a_lifetime_is_counted_again_after_a_change() {
        let mut table = RouteTable::default();
        table.put(route("10.0.0.0/8", 1, "192.0.2.1", 10));
        let changed = Route {
            since: Duration::from_secs(5),
            ..route("10.0.0.0/8", 1, "192.0.2.1", 10)
        };
        table.put(changed);
        assert_eq!(table.expire_one(Duration::from_secs(12)), None);
        let row = table
            .get(&changed.key)
            .unwrap()
            .read(Duration::from_secs(12));
        assert_eq!((row.age, row.valid_lifetime), (7, 3));
    }
}
