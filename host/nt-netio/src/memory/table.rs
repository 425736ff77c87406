//! The route table: routes by destination prefix, with the index for look-ups.
//!
//! The cost of a change does not grow with the table: a prefix is found by its hash, and a look-up
//! tries the prefix lengths that there are. (In a trie each step down is a line that a table of a
//! million routes does not have in the cache.)

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// Nothing has to be kept from choosing prefixes whose hashes are equal, and a fixed hash makes two
    /// runs of the host alike.
    by_prefix: HashMap<IpNet, Vec<Route>, FixedState>,
    /// The number of prefixes of each family and length.
    lengths: BTreeMap<(Family, u8), usize>,
    by_expiry: BTreeSet<(Duration, RouteKey)>,
}

impl RouteTable {
    /// The route of that name.
    #[must_use]
    pub fn get(&self, key: &RouteKey) -> Option<&Route> {
        self.at(&key.prefix).find(|route| route.key == *key)
    }

    /// The first route to `prefix` through an interface, whatever its next hop.
    #[must_use]
    pub fn first(&self, prefix: &IpNet, luid: u64) -> Option<&Route> {
        self.at(prefix).find(|route| route.key.luid == luid)
    }

    fn at(&self, prefix: &IpNet) -> impl Iterator<Item = &Route> {
        self.by_prefix.get(prefix).into_iter().flatten()
    }

    /// Adds a route, in the place of one with the same name.
    pub fn put(&mut self, route: Route) {
        let routes = match self.by_prefix.entry(route.key.prefix) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let length = length_of(&route.key.prefix);
                *self.lengths.entry(length).or_default() += 1;
                // Nearly every prefix has one route, and a vector would begin with room for four.
                new.insert(Vec::with_capacity(1))
            }
        };
        let old = routes.iter().position(|known| known.key == route.key);
        let old = old.map(|place| routes.remove(place));
        routes.push(route);
        if let Some(at) = old.and_then(|old| old.expires()) {
            self.by_expiry.remove(&(at, route.key));
        }
        if let Some(at) = route.expires() {
            self.by_expiry.insert((at, route.key));
        }
    }

    /// Takes a route out.
    pub fn remove(&mut self, key: &RouteKey) -> Option<Route> {
        let Entry::Occupied(mut known) = self.by_prefix.entry(key.prefix) else {
            return None;
        };
        let routes = known.get_mut();
        let place = routes.iter().position(|route| route.key == *key)?;
        let route = routes.remove(place);
        if routes.is_empty() {
            known.remove();
            self.forget_length(&key.prefix);
        }
        if let Some(at) = route.expires() {
            self.by_expiry.remove(&(at, route.key));
        }
        Some(route)
    }

    /// Counts a prefix less that has no route any more.
    fn forget_length(&mut self, prefix: &IpNet) {
        let length = length_of(prefix);
        if let Some(count) = self.lengths.get_mut(&length) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&length);
            }
        }
    }

    /// Takes the next route out whose time is over at `now`.
    pub fn expire_one(&mut self, now: Duration) -> Option<Route> {
        let &(_, key) = self.by_expiry.first().filter(|(at, _)| *at <= now)?;
        self.remove(&key)
    }

    /// Every route, IPv4 first, in the order of their prefixes.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        let mut all: Vec<_> = self.by_prefix.iter().collect();
        all.sort_unstable_by_key(|(prefix, _)| **prefix);
        all.into_iter().flat_map(|(_, routes)| routes)
    }

    /// The routes whose prefix holds `address`, one group a prefix length, shortest first.
    pub fn covering(&self, address: IpAddr) -> impl Iterator<Item = &[Route]> {
        let (family, longest) = length_of(&address.into());
        self.lengths
            .range((family, 0)..=(family, longest))
            .filter_map(move |((_, length), _)| IpNet::new(address, *length).ok())
            .filter_map(|prefix| self.by_prefix.get(&prefix.trunc()))
            .map(Vec::as_slice)
    }
}

/// `true` for IPv6.
type Family = bool;

fn length_of(prefix: &IpNet) -> (Family, u8) {
    (matches!(prefix, IpNet::V6(_)), prefix.prefix_len())
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
    fn a_prefix_with_one_route_has_no_room_for_others() {
        let mut table = RouteTable::default();
        let only = route("10.0.0.0/8", 1, "192.0.2.1", INFINITE_LIFETIME);
        table.put(only);
        assert_eq!(table.by_prefix[&only.key.prefix].capacity(), 1);
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
            .map(|routes| routes[0].key.prefix.prefix_len())
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
