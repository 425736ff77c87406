//! The route table: routes by destination prefix, with what a look-up needs.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use abi::MibIpForwardRow2;
use abi::route::INFINITE_LIFETIME;
use ipnet::IpNet;
use prefix_trie::joint::JointPrefixMap;

/// What names one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RouteKey {
    /// The destination.
    pub(super) prefix: IpNet,
    /// The interface.
    pub(super) luid: u64,
    /// The next hop; unspecified for an on-link route.
    pub(super) next_hop: IpAddr,
}

/// One route as it was made or last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Its name.
    pub(super) key: RouteKey,
    /// Its row as of `since`.
    pub(super) row: MibIpForwardRow2,
    /// When it was made or last changed.
    pub(super) since: Duration,
}

impl Route {
    /// The row as it reads at `now`: grown older, with less to live.
    pub(super) fn read(&self, now: Duration) -> MibIpForwardRow2 {
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
pub(super) struct RouteTable {
    by_prefix: JointPrefixMap<IpNet, Vec<Route>>,
    by_expiry: BTreeSet<(Duration, RouteKey)>,
}

impl RouteTable {
    /// The route of that name.
    pub(super) fn get(&self, key: &RouteKey) -> Option<&Route> {
        self.at(&key.prefix).find(|route| route.key == *key)
    }

    /// The first route to `prefix` through an interface, whatever its next hop.
    pub(super) fn first(&self, prefix: &IpNet, luid: u64) -> Option<&Route> {
        self.at(prefix).find(|route| route.key.luid == luid)
    }

    fn at(&self, prefix: &IpNet) -> impl Iterator<Item = &Route> {
        self.by_prefix.get(prefix).into_iter().flatten()
    }

    /// Adds a route, in the place of one with the same name.
    pub(super) fn put(&mut self, route: Route) {
        self.remove(&route.key);
        if let Some(at) = route.expires() {
            self.by_expiry.insert((at, route.key));
        }
        self.by_prefix
            .entry(route.key.prefix)
            .or_default()
            .push(route);
    }

    /// Takes a route out.
    pub(super) fn remove(&mut self, key: &RouteKey) -> Option<Route> {
        let routes = self.by_prefix.get_mut(&key.prefix)?;
        let place = routes.iter().position(|route| route.key == *key)?;
        let route = routes.remove(place);
        if routes.is_empty() {
            self.by_prefix.remove(&key.prefix);
        }
        if let Some(at) = route.expires() {
            self.by_expiry.remove(&(at, route.key));
        }
        Some(route)
    }

    /// Takes the next route out whose time is over at `now`.
    pub(super) fn expire_one(&mut self, now: Duration) -> Option<Route> {
        let &(_, key) = self.by_expiry.first().filter(|(at, _)| *at <= now)?;
        self.remove(&key)
    }

    /// Every route, IPv4 first, in the order of their prefixes.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.by_prefix.iter().flat_map(|(_, routes)| routes)
    }

    /// The routes whose prefix holds `address`, one group a prefix length, shortest first.
    pub(super) fn covering(&self, address: IpAddr) -> impl Iterator<Item = &[Route]> {
        self.by_prefix
            .cover(&IpNet::from(address))
            .map(|(_, routes)| routes.as_slice())
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
    fn a_look_up_meets_the_shortest_prefix_first_and_no_other_family() {
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
